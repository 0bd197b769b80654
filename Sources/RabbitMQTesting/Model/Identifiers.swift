/// Tells one connection to the broker from every other.
struct SessionID: Hashable {
    let number: UInt64
}

/// Tells one consumer from every other; a tag can be used again once its consumer has gone.
struct ConsumerID: Hashable {
    let number: UInt64
}

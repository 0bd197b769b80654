internal import RabbitMQ
internal import TriggerWorker

extension MessageProperties {
    /// The same without the publisher's headers, for a copy whose headers do not fit one frame with ours; it says so.
    ///
    /// - Parameters:
    ///   - own: Our headers.
    ///   - kept: Headers that stay, where they are numbers or short texts and we do not write them ourselves.
    ///   - byteCount: How long a text may be: names are short, and what is longer might be what leaves no room.
    func reduced(to own: FieldTable, keeping kept: [String?], upTo byteCount: Int) -> MessageProperties {
        var reduced = self
        reduced.headers = own
        for name in kept.compactMap(\.self) where own[name] == nil {
            guard let value = headers?[name], value.integer != nil || value.text?.utf8.count ?? .max <= byteCount
            else { continue }
            reduced.headers?[name] = value
        }
        reduced.headers?[ErrorHeader.headersDropped] = true
        return reduced
    }
}

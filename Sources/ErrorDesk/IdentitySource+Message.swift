package import RabbitMQ
package import TriggerWorker

extension IdentitySource {
    /// What a message's publisher calls it; nil where he gave it no name.
    ///
    /// A header that is neither text nor a whole number reads as the mark of a repaired text, so that the worker refuses
    /// it like one: two of them would look alike.
    package func name(in properties: MessageProperties) -> String? {
        let name: String? =
            switch property {
            case .messageID: properties.messageID
            case .correlationID: properties.correlationID
            case .header(let name): properties.headers?[name]?.name
            }
        return name?.isEmpty == true ? nil : name
    }
}

extension FieldValue {
    fileprivate var name: String? {
        if case .void = self { return nil }
        return text ?? integer.map { String($0) } ?? "\u{FFFD}"
    }
}

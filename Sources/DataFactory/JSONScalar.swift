/// A string, or something the service should have written as one. Nil for null, arrays and objects.
struct JSONScalar: Decodable {
    let text: String?

    init(from decoder: any Decoder) throws {
        guard let container = try? decoder.singleValueContainer() else {
            text = nil
            return
        }
        if let string = try? container.decode(String.self) {
            text = string
        } else if let flag = try? container.decode(Bool.self) {
            text = flag ? "true" : "false"
        } else if let integer = try? container.decode(Int64.self) {
            text = "\(integer)"
        } else if let number = try? container.decode(Double.self) {
            text = "\(number)"
        } else {
            text = nil
        }
    }
}

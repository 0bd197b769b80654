import AzureIdentity
import Foundation
import Testing

/// The values of a form or a query as the other side reads them, written apart from what encodes them.
struct WireForm {
    private let values: [String: [String]]

    init(_ text: some StringProtocol) {
        var values: [String: [String]] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0]).removingPercentEncoding ?? ""
            let value = parts.count == 2 ? String(parts[1]).removingPercentEncoding ?? "" : ""
            values[name, default: []].append(value)
        }
        self.values = values
    }

    init(body request: HTTPRequest) { self.init(String(decoding: request.body, as: UTF8.self)) }
    init(query request: HTTPRequest) { self.init(request.url.split(separator: "?", maxSplits: 1).last ?? "") }

    var names: Set<String> { Set(values.keys) }

    /// Nil unless the name occurs exactly once.
    subscript(_ name: String) -> String? { values[name].flatMap { $0.count == 1 ? $0[0] : nil } }
}

/// A signed token taken apart.
struct SignedToken {
    let header: [String: Any]
    let claims: [String: Any]
    let content: String
    let signature: Data

    init(_ text: String) throws {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        try #require(parts.count == 3)
        header = try Self.object(parts[0])
        claims = try Self.object(parts[1])
        content = "\(parts[0]).\(parts[1])"
        signature = try Self.decode(parts[2])
    }

    static func decode(_ text: String) throws -> Data {
        // Padding or the other alphabet would be refused by Entra ID.
        try #require(!text.contains { "+/=".contains($0) })
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return try #require(Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)))
    }

    private static func object(_ text: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: try decode(text)) as? [String: Any])
    }
}

/// The error a credential ends with; a token in its place fails the test.
func failure(of credential: any TokenCredential, claims: String? = nil) async throws -> AzureIdentityError {
    let error = await #expect(throws: AzureIdentityError.self) {
        try await credential.token(for: "https://management.azure.com/.default", claims: claims)
    }
    return try #require(error)
}

extension HTTPResponse {
    static let token = HTTPResponse.json(200, #"{"access_token":"t","expires_in":3599}"#)
}

/// What a client asks of its token by the `claims` parameter.
struct RequestedClaims: Sendable {
    /// The client can answer a claims challenge: it sent the capability `CP1`.
    var isCapableOfChallenges = false
    /// The client passed on the claims of a challenge: it asked for more of the access token than its own capability.
    var answersChallenge = false

    /// A request without claims.
    init() {}

    /// Reads the parameter; nil unless it is a JSON object.
    init?(_ text: String) {
        guard let document = try? JSONDocument(Array(text.utf8)), case .object = document.root.kind else { return nil }
        guard let token = document.root["access_token"], case .object(let members) = token.kind else { return }
        isCapableOfChallenges =
            token["xms_cc"]?["values"]?.strings.contains { $0.uppercased() == "CP1" } ?? false
        answersChallenge = members.contains { $0.name != "xms_cc" }
    }
}

/// The generations of the token endpoint: the first takes a resource, the second a scope.
enum EntraVersion: Sendable {
    case v1
    case v2
}

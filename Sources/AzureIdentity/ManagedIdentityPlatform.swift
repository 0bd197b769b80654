/// The kinds of place that give a managed identity its tokens, and how each is asked.
enum ManagedIdentityPlatform: Sendable {
    /// The metadata service of virtual machines, scale sets and AKS nodes.
    case metadataService(host: String)
    /// App Service, Functions and Container Apps.
    case appService(endpoint: String, header: Secret)
    /// App Service of old, and Azure Machine Learning.
    case legacyAppService(endpoint: String, secret: Secret)
    /// A machine that Azure Arc looks after.
    case arc(endpoint: String)
    /// One that is recognised and not supported.
    case unsupported(String)

    /// The link-local address that every Azure machine has its metadata service at.
    static let metadataAddress = "http://169.254.169.254"

    /// Recognises the platform by the variables it sets, in the order of azure-identity (Python 1.27); where there are
    /// none it is the metadata service. Workload identity has a credential of its own and is not looked for here.
    init(environment: [String: String]) {
        func value(_ name: String) -> String? {
            let value = environment[name]
            return value?.isEmpty == false ? value : nil
        }
        switch (value("IDENTITY_ENDPOINT"), value("IDENTITY_HEADER"), value("MSI_ENDPOINT")) {
        case (_?, _?, _) where value("IDENTITY_SERVER_THUMBPRINT") != nil:
            self = .unsupported("Service Fabric")
        case (let endpoint?, let header?, _):
            self = .appService(endpoint: endpoint, header: Secret(header))
        case (let endpoint?, nil, _) where value("IMDS_ENDPOINT") != nil:
            self = .arc(endpoint: endpoint)
        case (_, _, let endpoint?):
            if let secret = value("MSI_SECRET") {
                self = .legacyAppService(endpoint: endpoint, secret: Secret(secret))
            } else {
                self = .unsupported("Cloud Shell")
            }
        default:
            var host = (value("AZURE_POD_IDENTITY_AUTHORITY_HOST") ?? Self.metadataAddress)[...]
            while host.last == "/" { host.removeLast() }
            self = .metadataService(host: String(host))
        }
    }

    /// What it is called in errors.
    var name: String {
        switch self {
        case .metadataService: "the metadata service"
        case .appService, .legacyAppService: "the identity endpoint"
        case .arc: "the Azure Arc agent"
        case .unsupported(let name): name
        }
    }

    /// What must not stand in an error.
    var secrets: [Secret] {
        switch self {
        case .appService(_, let header): [header]
        case .legacyAppService(_, let secret): [secret]
        case .metadataService, .arc, .unsupported: []
        }
    }

    /// The request for a token, nil if the platform cannot be asked for such an identity.
    func request(
        for resource: String,
        _ identity: ManagedIdentityCredential.Identity,
        timeout: Duration
    ) -> HTTPRequest? {
        guard let parameter = parameter(of: identity) else { return nil }
        var query = [("api-version", version), ("resource", resource)]
        if let (name, value) = parameter { query.append((name, value)) }
        let pairs = query.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
        switch self {
        case .metadataService(let host):
            return request("\(host)/metadata/identity/oauth2/token?\(pairs)", "metadata", "true", timeout)
        case .appService(let endpoint, let header):
            return request("\(endpoint)?\(pairs)", "x-identity-header", header.value, timeout)
        case .legacyAppService(let endpoint, let secret):
            return request("\(endpoint)?\(pairs)", "secret", secret.value, timeout)
        case .arc(let endpoint):
            return request("\(endpoint)?\(pairs)", "metadata", "true", timeout)
        case .unsupported:
            return nil
        }
    }

    private var version: String {
        switch self {
        case .metadataService: "2018-02-01"
        case .appService: "2019-08-01"
        case .legacyAppService: "2017-09-01"
        case .arc: "2020-06-01"
        case .unsupported: ""
        }
    }

    /// How the identity is named in the query: nil inside for the system's own, nil outside where it cannot be named.
    private func parameter(of identity: ManagedIdentityCredential.Identity) -> (String, String)?? {
        switch (self, identity) {
        case (_, .systemAssigned): .some(nil)
        case (.metadataService, .clientID(let id)): ("client_id", id)
        case (.metadataService, .objectID(let id)): ("object_id", id)
        case (.metadataService, .resourceID(let id)): ("msi_res_id", id)
        case (.appService, .clientID(let id)): ("client_id", id)
        case (.appService, .objectID(let id)): ("principal_id", id)
        case (.appService, .resourceID(let id)): ("mi_res_id", id)
        case (.legacyAppService, .clientID(let id)): ("clientid", id)
        case (.legacyAppService, _), (.arc, _), (.unsupported, _): nil
        }
    }

    /// The networks, beside the machine itself, that tokens may come from over plain http: the link-local one, which no
    /// router forwards, and for App Service, whose endpoint lies in the network of its sandbox, the private ones of
    /// RFC 1918.
    private var plainNetworks: [IPBlock] {
        let linkLocal: [Substring] = ["169.254.0.0/16"]
        let privateOnes: [Substring] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
        return switch self {
        case .appService: (linkLocal + privateOnes).compactMap(IPBlock.init)
        case .metadataService, .legacyAppService, .arc, .unsupported: linkLocal.compactMap(IPBlock.init)
        }
    }

    /// Tokens come over plain http from these services, so the rule is about who can listen. Where it is not kept the
    /// request counts as secret, which makes the transport insist on https. Names are not looked up: whoever answers for
    /// them decides where they lead.
    private func request(_ url: String, _ header: String, _ value: String, _ timeout: Duration) -> HTTPRequest {
        let origin = URLOrigin(url: url)
        let address = origin.flatMap { IPAddress($0.host) }
        let isNear = address.map { address in plainNetworks.contains { $0.contains(address) } } ?? false
        return HTTPRequest(
            method: .get,
            url: url,
            headers: [
                HTTPHeader(name: "accept", value: "application/json"), HTTPHeader(name: header, value: value),
            ],
            timeout: timeout,
            carriesSecret: !isNear && origin?.isLoopback != true,
            bypassesProxy: true
        )
    }
}

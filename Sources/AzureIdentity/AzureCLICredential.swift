#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Whoever is logged in to the Azure CLI, for a developer's machine.
///
/// `az` is started without a shell and with arguments that were checked; it is killed with everything it started if it
/// does not answer in time.
public struct AzureCLICredential: TokenCredential {
    private let tenantID: String?
    private let subscription: String?
    private let command: AzureCLICommand
    private let now: @Sendable () -> Date

    /// Makes the credential. Nothing is started yet.
    ///
    /// - Parameters:
    ///   - tenantID: The tenant to get a token of, the login's own if nil.
    ///   - subscription: The subscription, by id or name, whose tenant and account are meant; the chosen one if nil.
    ///   - environment: Variables for `az` beyond those it inherits; its `PATH` is where `az` is looked for.
    ///   - timeout: How long `az` may take: 10 s, as azure-identity (Python 1.27).
    public init(
        tenantID: String? = nil,
        subscription: String? = nil,
        environment: [String: String] = [:],
        timeout: Duration = .seconds(10)
    ) {
        self.init(
            tenantID: tenantID,
            subscription: subscription,
            environment: environment,
            timeout: timeout,
            now: { Date() }
        )
    }

    init(
        tenantID: String?,
        subscription: String?,
        environment: [String: String],
        timeout: Duration,
        now: @escaping @Sendable () -> Date
    ) {
        self.tenantID = tenantID
        self.subscription = subscription
        command = AzureCLICommand(environment: environment, timeout: timeout)
        self.now = now
    }

    /// `azure-cli`, and in parentheses tenant and subscription if they are given.
    public var description: String {
        let names = [tenantID.map { "tenant: \($0)" }, subscription.map { "subscription: \($0)" }].compactMap(\.self)
        return names.isEmpty ? "azure-cli" : "azure-cli(\(names.joined(separator: ", ")))"
    }

    /// Starts `az account get-access-token` and reads what it prints.
    ///
    /// - Throws: ``AzureIdentityError``. It is a matter of configuration if `az` is not installed or nobody is logged in,
    ///   and if claims are demanded: then somebody has to log in anew.
    public func token(for scope: String, claims: String?) async throws(AzureIdentityError) -> AccessToken {
        if claims != nil {
            throw error(.configuration, "the service demands a new login: run `az logout` and `az login`")
        }
        let arguments = try arguments(for: scope)
        let asked = now()
        let output: AzureCLICommand.Output
        do {
            output = try await command.run(arguments)
        } catch {
            throw self.error(of: error)
        }
        guard output.isSuccess else { throw refusal(output.standardError) }
        do throws(TokenAnswer.Flaw) {
            guard let answer = AzureCLIAnswer.read(output.standardOutput) else { throw .unusable }
            return try answer.token(asked: asked)
        } catch {
            let message = error.message(unusable: "az printed no usable accessToken and expiry")
            throw self.error(.malformedResponse, message)
        }
    }

    private func arguments(for scope: String) throws(AzureIdentityError) -> [String] {
        let resource = scope.hasSuffix("/.default") ? String(scope.dropLast("/.default".count)) : scope
        // A value that begins with a hyphen would be read as an option.
        guard !resource.isEmpty, !resource.hasPrefix("-") else { throw error(.configuration, "the scope is no scope") }
        var arguments = ["account", "get-access-token", "--output", "json", "--resource", resource]
        if let tenantID {
            guard TokenEndpoint.isTenant(tenantID), !tenantID.hasPrefix("-") else {
                throw error(.configuration, "the tenant id is no directory id and no domain name")
            }
            arguments += ["--tenant", tenantID]
        }
        if let subscription {
            guard Self.isSubscription(subscription) else {
                throw error(.configuration, "the subscription is no subscription's id or name")
            }
            arguments += ["--subscription", subscription]
        }
        return arguments
    }

    /// Letters, digits, `-`, `.`, `_` and spaces, as azure-identity (Python 1.27) checks it.
    private static func isSubscription(_ text: String) -> Bool {
        !text.isEmpty && !text.hasPrefix("-")
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                    || "-._ ".unicodeScalars.contains(scalar)
            }
    }

    private func error(of failure: AzureCLICommand.Failure) -> AzureIdentityError {
        switch failure {
        case .notInstalled:
            error(.configuration, "az is not installed, or not in a directory of PATH", isAbsent: true)
        case .timeout(let timeout): error(.unavailable, "az did not answer within \(timeout)")
        case .tooMuchOutput: error(.malformedResponse, "az printed far more than a token")
        case .cancelled: error(.cancelled, "cancelled while az ran")
        case .notStarted(let reason): error(.unavailable, "az could not be run: \(reason)")
        }
    }

    /// What `az` writes when it fails is for people: a few words are known, and anything else is taken for something that
    /// somebody has to mend, because the command works for whoever is logged in.
    private func refusal(_ text: String) -> AzureIdentityError {
        let message = BoundedText.trimmed(Self.withoutTokens(BoundedText.line(text, toBytes: 1024)))
        let codes = TokenFailure.codes(in: message)
        if message.contains("az login") || message.contains("az account set") {
            return error(.configuration, "nobody is logged in; az says: \(message)", codes, isAbsent: true)
        }
        let isWeather =
            TokenFailure.areTransient(codes)
            || ["Max retries exceeded", "Connection", "timed out", "resolve"].contains { message.contains($0) }
        return error(
            isWeather ? .unavailable : .configuration,
            message.isEmpty ? "az failed and said nothing" : "az failed: \(message)",
            codes
        )
    }

    /// Whatever begins like a token is cut out, in case `az` runs with debugging on.
    private static func withoutTokens(_ text: String) -> String {
        var rest = text[...]
        var clean = ""
        while let token = rest.firstRange(of: "eyJ") {
            clean += rest[..<token.lowerBound] + "\(Secret(""))"
            rest = rest[token.lowerBound...].drop { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        }
        return clean + rest
    }

    private func error(
        _ code: AzureIdentityError.Code,
        _ message: String,
        _ codes: [Int] = [],
        isAbsent: Bool = false
    ) -> AzureIdentityError {
        AzureIdentityError(
            code: code,
            message: message,
            credential: description,
            entraCodes: codes,
            isAbsent: isAbsent
        )
    }
}

extension AzureCLICredential: CustomReflectable {
    /// Hides the variables, which may be secrets, from `dump`.
    public var customMirror: Mirror { Mirror(self, children: ["credential": description]) }
}

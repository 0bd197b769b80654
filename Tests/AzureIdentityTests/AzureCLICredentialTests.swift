import AzureIdentity
import Foundation
import Testing

@testable import struct AzureIdentity.AzureCLIAnswer
@testable import struct AzureIdentity.AzureCLICredential
@testable import struct AzureIdentity.TokenAnswer

@Suite("Azure CLI credential", .timeLimit(.minutes(5)))
struct AzureCLICredentialTests {
    private static let scope = "https://management.azure.com/.default"
    private static let answer = #"{"accessToken":"t","expires_on":1800003600,"expiresOn":"x","tokenType":"Bearer"}"#

    private let clock = ManualClock()
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Puts a command named `az` where the credential looks for one first.
    private func az(_ script: String) throws {
        let file = try directory.write("#!/bin/sh\n\(script)\n", to: "az")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    }

    private func credential(
        tenant: String? = nil,
        subscription: String? = nil,
        timeout: Duration = .seconds(50),
        environment: [String: String] = [:]
    ) -> AzureCLICredential {
        AzureCLICredential(
            tenantID: tenant,
            subscription: subscription,
            environment: environment.merging(["PATH": "\(directory.path):/usr/bin:/bin"]) { $1 },
            timeout: timeout,
            now: { [clock] in clock.date }
        )
    }

    @Test("az is started with checked arguments, no colours and nowhere in particular")
    func arguments() async throws {
        try az(
            """
            for argument in "$@"; do echo "$argument"; done > "$(dirname "$0")/arguments"
            echo "$AZURE_CORE_NO_COLOR $PWD $MINE" > "$(dirname "$0")/surroundings"
            echo '\(Self.answer)'
            """
        )

        let token = try await credential(
            tenant: "t.example",
            subscription: "My $(sub) 1".replacing("$(sub)", with: "x"),
            environment: ["MINE": "set"]
        )
        .token(for: Self.scope)

        #expect(token.token == "t")
        #expect(token.expiresOn == clock.start.addingTimeInterval(3600))
        #expect(
            directory.text(of: "arguments")?.split(separator: "\n") == [
                "account", "get-access-token", "--output", "json", "--resource", "https://management.azure.com",
                "--tenant", "t.example", "--subscription", "My x 1",
            ]
        )
        #expect(directory.text(of: "surroundings") == "true / set\n")
    }

    @Test(
        "a name that could be more than a name is refused before az is started",
        arguments: [
            ("a;b", nil), ("-x", nil), ("", nil), (nil, "-x"), (nil, "a;b"), (nil, "$(id)"), (nil, ""), (nil, "a\nb"),
        ] as [(String?, String?)]
    )
    func badNames(tenant: String?, subscription: String?) async throws {
        try az("touch \"$(dirname \"$0\")/started\"")

        let error = try await failure(of: credential(tenant: tenant, subscription: subscription))

        #expect(error.isConfiguration)
        #expect(directory.text(of: "started") == nil)
    }

    @Test("an older az tells local time")
    func localExpiry() throws {
        let output = #"{"accessToken":"t","expiresOn":"2027-01-15 11:00:00.000000"}"#
        let zone = try #require(TimeZone(secondsFromGMT: 2 * 3600))

        let token = try AzureCLIAnswer.read(Array(output.utf8))?.token(asked: clock.start, in: zone)

        // 2027-01-15 08:00:00 UTC is the clock's start.
        #expect(token?.expiresOn == clock.start.addingTimeInterval(3600))
    }

    @Test(
        "a local time that is none is not read as another one",
        arguments: [
            "2026-13-15 11:00:00", "2026-9223372036854775807-15 11:00:00", "2027-01-32 11:00:00",
            "2027-01-9223372036854775807 11:00:00", "2027-01-15 24:00:00", "2027-01-15 9223372036854775807:00:00",
            "2027-01-15 11:60:00", "2027-01-15 11:9223372036854775807:00", "2027-01-15 11:00:61",
            "2027-01-15 11:00:9223372036854775807", "9223372036854775807-01-15 11:00:00", "2027-00-15 11:00:00",
            "2027-02-00 11:00:00",
        ]
    )
    func noLocalTime(text: String) throws {
        let output = #"{"accessToken":"t","expiresOn":"\#(text)"}"#
        let zone = try #require(TimeZone(secondsFromGMT: 0))
        let answer = try #require(AzureCLIAnswer.read(Array(output.utf8)))

        #expect(throws: TokenAnswer.Flaw.unusable) { try answer.token(asked: clock.start, in: zone) }
    }

    @Test("a token that has ended by this machine's clock says so")
    func ended() async throws {
        try az(#"echo '{"accessToken":"eyJsecret","expires_on":1799999999}'"#)

        let error = try await failure(of: credential())

        #expect(error.code == .malformedResponse)
        #expect(error.message.contains("check the clock"))
        #expect(!error.description.contains("secret"))
    }

    @Test(
        "an output without a usable token is trouble that passes, and is not repeated",
        arguments: [
            "", "eyJsecret", "{}", #"{"accessToken":"eyJsecret"}"#, #"{"accessToken":"eyJsecret","expires_on":1}"#,
            #"{"accessToken":"eyJsecret","expiresOn":"soon"}"#,
            #"{"accessToken":"eyJ secret","expires_on":1800003600}"#,
        ]
    )
    func unusableOutput(output: String) async throws {
        try az("printf '%s' '\(output)'")

        let error = try await failure(of: credential())

        #expect(error.code == .malformedResponse)
        #expect(!error.description.contains("secret"))
    }

    @Test(
        "what az says when it fails is told apart",
        arguments: [
            ("ERROR: Please run 'az login' to setup account.", .configuration, true),
            ("ERROR: No subscription found. Run 'az account set' to select one.", .configuration, true),
            ("ERROR: AADSTS70043: expired. Run: az login", .configuration, true),
            ("ERROR: AADSTS500011: no such resource", .configuration, false),
            ("ERROR: AADSTS90055: too many", .unavailable, false),
            ("ERROR: HTTPSConnectionPool: Max retries exceeded with url", .unavailable, false),
            ("ERROR: Failed to resolve 'login.microsoftonline.com'", .unavailable, false),
            ("", .configuration, false),
        ] as [(String, AzureIdentityError.Code, Bool)]
    )
    func refusals(text: String, code: AzureIdentityError.Code, isAbsent: Bool) async throws {
        try az("cat >&2 <<'END'\n\(text)\nEND\nexit 1")

        let error = try await failure(of: credential())

        #expect(error.code == code)
        #expect(error.isAbsent == isAbsent)
        #expect(error.message.contains(text) || text.isEmpty)
        #expect(error.description.hasPrefix("azure-cli: "))
    }

    @Test("a token in az's complaint is cut out, and the complaint bounded and put on one line")
    func secrecy() async throws {
        try az(
            "echo \"DEBUG\nfound eyJhbGci.eyJzdWIi.c2ln-_ in 'cache'\" >&2; head -c 5000 /dev/zero | tr '\\0' x >&2; exit 1"
        )

        let error = try await failure(of: credential())

        #expect(error.message.contains("found [redacted] in 'cache'"))
        #expect(!error.message.contains("eyJ") && !error.message.contains("c2ln"))
        #expect(!error.message.contains("\n"))
        #expect(error.message.utf8.count < 1100)
    }

    @Test("az that is not there is a configuration error that says so")
    func notInstalled() async throws {
        let credential = AzureCLICredential(environment: ["PATH": directory.path])

        let error = try await failure(of: credential)

        #expect(error.isConfiguration)
        #expect(error.isAbsent)
        #expect(error.message.contains("az is not installed"))
    }

    @Test("az that does not answer in time is weather")
    func timeout() async throws {
        try az("exec sleep 600")

        let error = try await failure(of: credential(timeout: .milliseconds(50)))

        #expect(error.code == .unavailable)
        #expect(error.message.contains("did not answer"))
    }

    @Test("az that prints without end is stopped")
    func endlessOutput() async throws {
        try az("exec yes")

        let error = try await failure(of: credential())

        #expect(error.code == .malformedResponse)
        #expect(error.message.contains("far more than a token"))
    }

    @Test("a caller who is cancelled leaves no process behind, not even one that az started")
    func cancellation() async throws {
        try az(
            "sleep 600 & echo $! > \"$(dirname \"$0\")/child.part\"; mv \"$(dirname \"$0\")/child.part\" \"$(dirname \"$0\")/child\"; wait"
        )
        let credential = credential()
        let task = Task { try await credential.token(for: Self.scope) }
        await eventually { directory.text(of: "child") != nil }
        let child = try #require(directory.text(of: "child")).filter(\.isNumber)

        task.cancel()

        #expect(await task.result.failureCode == .cancelled)
        // Gone, or dead and waiting for whoever reaps orphans here.
        await eventually {
            guard let state = FileManager.default.contents(atPath: "/proc/\(child)/stat") else { return true }
            return String(decoding: state, as: UTF8.self).contains(") Z ")
        }
    }

    @Test("claims cannot be passed on, and the error says what to do")
    func claims() async throws {
        let error = try await failure(of: credential(), claims: "{}")

        #expect(error.isConfiguration)
        #expect(error.message.contains("az login"))
    }
}

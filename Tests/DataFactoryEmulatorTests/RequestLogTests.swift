import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import DataFactoryEmulator

@Suite("The captured requests", .timeLimit(.minutes(5)))
struct RequestLogTests {
    @Test("a call is captured as it was sent, and its answer's status")
    func call() async throws {
        try await withEmulator(pipelines: #"{"name":"a b"}"#, clock: ManualClock().clock) { emulator in
            let path =
                EmulatorClient.factory + "/pipelines/a%20b/createRun?api-version=2018-06-01&startActivityName=x%2B"
            let token = try await emulator.token()
            _ = try await emulator.send(.POST, "/emulator/reset")
            let reply = try await emulator.send(
                .POST,
                path,
                token: token,
                headers: ["X-Odd": "1", "x-odd": "2", "Content-Type": "application/json; charset=utf-8"],
                body: "{\"text\":\"\u{e9}\\n\"}"
            )

            let requests = try await emulator.capturedRequests()
            let request = try #require(requests.first)
            let headers = try #require(request["headers"] as? [String: String])
            #expect(requests.count == 1)
            #expect(request["at"] as? String == "2026-11-22T20:00:00.0000000Z")
            #expect(request["route"] as? String == "createRun")
            #expect(request["method"] as? String == "POST")
            #expect(request["path"] as? String == EmulatorClient.factory + "/pipelines/a%20b/createRun")
            #expect(request["query"] as? String == "api-version=2018-06-01&startActivityName=x%2B")
            #expect(request["body"] as? String == "{\"text\":\"\u{e9}\\n\"}")
            #expect(request["status"] as? Int == reply.status)
            #expect(headers["x-odd"] == "1, 2")
            #expect(headers["content-type"] == "application/json; charset=utf-8")
            #expect(headers["host"].map { "http://\($0)" } == emulator.baseURL)
            #expect(headers["authorization"] == "Bearer")
        }
    }

    @Test("a request without query and body has neither, and one that was cut off no status")
    func absences() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"token","fault":"reset-before-commit","times":1}]"#)
            await #expect(throws: (any Error).self) { try await emulator.send(.POST, "/tenant/oauth2/v2.0/token") }
            _ = try await emulator.send(.GET, "/nowhere?")

            let requests = try await emulator.capturedRequests()
            #expect(requests.map { $0["status"] as? Int } == [nil, 404])
            #expect(requests.map { $0["query"] as? String } == [nil, ""])
            #expect(requests.map { $0["body"] as? String } == ["", ""])
        }
    }

    @Test("a request is captured before its answer is due")
    func beforeTheAnswer() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"token","fault":"hang"}]"#)
            try await emulator.giveUp {
                try await emulator.send(.POST, "/tenant/oauth2/v2.0/token", timeout: .minutes(10))
            } once: {
                try await emulator.capturedRequests().count == 1
            }
        }
    }

    @Test("the emulator's own routes are not captured, and a reset forgets the others")
    func reset() async throws {
        try await withEmulator { emulator in
            _ = try await emulator.send(.GET, "/nowhere")
            _ = try await emulator.runs()
            #expect(try await emulator.capturedRequests().count == 1)

            _ = try await emulator.send(.POST, "/emulator/reset")

            #expect(try await emulator.capturedRequests().isEmpty)
        }
    }

    @Test("a body that is too large is not kept, its request is")
    func tooLarge() async throws {
        try await withEmulator { emulator in
            let body = String(repeating: "x", count: EmulatorResponder.maximumBodyBytes + 1)
            let reply = try await emulator.createRun("plain", body)

            let request = try #require(try await emulator.capturedRequests().last)
            #expect(reply.status == 413)
            #expect(request["status"] as? Int == 413)
            #expect(request["body"] as? String == "")
        }
    }

    static let secret = "s3cret-that-nobody-may-see"

    @Test(
        "no secret of a token request is kept",
        arguments: [
            (
                "client_id=a&scope=b%2F.default&client_secret=\(secret)&grant_type=client_credentials",
                "client_id=a&scope=b%2F.default&client_secret=[redacted]&grant_type=client_credentials"
            ),
            (
                "client_assertion_type=urn%3Ax&client_assertion=\(secret)",
                "client_assertion_type=urn%3Ax&client_assertion=[redacted]"
            ),
            ("client%5Fsecret=\(secret)", "client_secret=[redacted]"),
            ("client_secret=a&\(secret)=b&c\(secret)", "client_secret=[redacted]&[redacted]&[redacted]"),
            ("client_secret%=\(secret)", "[redacted]"),
            ("client_secret", "[redacted]"),
            (#"{"client_secret":"\#(secret)","x":"="}"#, "[redacted]"),
            ("", ""),
        ]
    )
    func forms(_ body: String, _ shown: String) async throws {
        try await withEmulator { emulator in
            for path in ["/tenant/oauth2/v2.0/token", "/tenant/oauth2/v2.0/token?client_secret=\(Self.secret)"] {
                _ = try await emulator.send(.POST, path, body: body)
            }

            let requests = try await emulator.capturedRequests()
            #expect(requests.map { $0["body"] as? String } == [shown, shown])
            #expect(requests.map { $0["query"] as? String } == [nil, "client_secret=[redacted]"])
            #expect(try await !emulator.send(.GET, "/emulator/requests").body.contains(Self.secret))
        }
    }

    @Test(
        "no secret of a header is kept",
        arguments: [
            ("Authorization", "Basic \(secret)", "Basic"), ("Authorization", secret, "[redacted]"),
            ("Proxy-Authorization", "Basic \(secret)", "Basic"), ("X-IDENTITY-HEADER", secret, "[redacted]"),
            ("Secret", secret, "[redacted]"), ("Cookie", "a=\(secret)", "[redacted]"),
        ]
    )
    func headers(_ name: String, _ value: String, _ shown: String) async throws {
        try await withEmulator { emulator in
            _ = try await emulator.send(.GET, "/nowhere?password=\(Self.secret)", headers: [name: value])

            let requests = try await emulator.capturedRequests()
            let headers = try #require(requests.first?["headers"] as? [String: String])
            #expect(headers[name.lowercased()] == shown)
            #expect(try await !emulator.send(.GET, "/emulator/requests").body.contains(Self.secret))
        }
    }

    @Test("a form that went to a wrong path keeps its secrets as well")
    func wrongPath() async throws {
        try await withEmulator { emulator in
            _ = try await emulator.send(
                .POST,
                "/nowhere",
                headers: ["content-type": "Application/X-WWW-Form-Urlencoded"],
                body: "client_secret=\(Self.secret)"
            )

            #expect(try await emulator.capturedRequests().first?["body"] as? String == "client_secret=[redacted]")
        }
    }
}

@Suite("The bounds of the request log")
struct RequestLogBoundsTests {
    @Test("beyond its capacity the oldest go", arguments: [0, 1, 2, 3, 4, 10])
    func capacity(_ count: Int) throws {
        let log = RequestLog(capacity: 3)
        for number in 0..<count { _ = log.arrived(.sample(path: "/\(number)")) }

        #expect(try paths(log) == (0..<count).suffix(3).map { "/\($0)" })
    }

    @Test("beyond the bound on text the oldest go, and the newest stays whatever its size")
    func text() throws {
        let log = RequestLog()
        let half = [UInt8](repeating: 0x20, count: RequestLog.maximumTextBytes / 2)
        _ = log.arrived(.sample(path: "/1", body: half))
        _ = log.arrived(.sample(path: "/2", body: half))
        _ = log.arrived(.sample(path: "/3"))
        #expect(try paths(log) == ["/2", "/3"])

        _ = log.arrived(.sample(path: "/4", body: half + half))
        #expect(try paths(log) == ["/4"])
    }

    @Test("an answer to a request that is no longer kept changes nothing")
    func lateAnswers() throws {
        let log = RequestLog(capacity: 1)
        let gone = log.arrived(.sample(path: "/1"))
        let kept = log.arrived(.sample(path: "/2"))
        log.answered(gone, status: 500)
        #expect(try statuses(log) == [nil])
        log.answered(kept, status: 200)
        #expect(try statuses(log) == [200])

        log.forget()
        _ = log.arrived(.sample(path: "/3"))
        log.answered(kept, status: 500)

        #expect(try statuses(log) == [nil])
    }

    private func objects(_ log: RequestLog) throws -> [[String: Any]] {
        try #require(try JSONSerialization.jsonObject(with: Data(log.json)) as? [[String: Any]])
    }

    private func paths(_ log: RequestLog) throws -> [String?] {
        try objects(log).map { $0["path"] as? String }
    }

    private func statuses(_ log: RequestLog) throws -> [Int?] {
        try objects(log).map { $0["status"] as? Int }
    }
}

extension CapturedRequest {
    fileprivate static func sample(path: String, body: [UInt8] = []) -> CapturedRequest {
        CapturedRequest(
            time: Timestamp(secondsSince1970: 0),
            route: .other,
            method: "POST",
            target: path,
            authority: "",
            body: body
        )
    }
}

extension EmulatorClient {
    /// Every captured request.
    fileprivate func capturedRequests() async throws -> [[String: Any]] {
        let reply = try await send(.GET, "/emulator/requests")
        return try #require(try JSONSerialization.jsonObject(with: Data(reply.body.utf8)) as? [[String: Any]])
    }
}

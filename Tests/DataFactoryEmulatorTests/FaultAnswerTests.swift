import AsyncHTTPClient
import DataFactoryEmulator
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@Suite("Answers of faults", .timeLimit(.minutes(5)))
struct FaultAnswerTests {
    private static let id = "31f1bc88-c715-4cd9-b31f-73e51da2e079"

    private static func set(_ members: String, _ emulator: EmulatorClient) async throws {
        try await emulator.setFaults(#"[{"route":"createRun","times":1,\#(members)}]"#)
    }

    @Test(
        "an error comes in every shape the service has been seen to answer in",
        arguments: [
            (
                #""body":"flat""#,
                #"{"code":"X","message":"An injected fault.","target":null,"details":null,"error":null}"#
            ),
            (#""body":"null-message""#, #"{"error":{"code":"X","message":null,"target":null,"details":null}}"#),
            (#""body":"empty""#, ""), (#""body":"text""#, "The service is busy."),
            (
                #""rate":1"#,
                #"{"error":{"code":"X","message":"An injected fault.","target":null,"details":null}}"#
            ),
        ]
    )
    func errorShapes(_ member: String, _ body: String) async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(
                #"[{"route":"createRun","fault":"status","status":400,"code":"X",\#(member)}]"#
            )
            let reply = try await emulator.createRun(id: Self.id)

            #expect(reply.status == 400)
            #expect(reply.body == body)
            #expect(reply.headers.contains(name: "x-ms-request-id"))
            #expect(reply.headers.contains(name: "content-type") == !body.isEmpty)
            #expect(try await emulator.runs().isEmpty)
        }
    }

    @Test(
        "an answer that should hold the run's id has no readable body, and the run exists",
        arguments: [
            (#""body":"empty""#, ""), (#""body":"text""#, "The service is busy."), (#""body":"object""#, "{}"),
            (#""body":"html""#, "<html>"), (#""ms":0"#, nil), (#""times":1"#, "The service is busy."),
        ] as [(String, String?)]
    )
    func garbledBodies(_ member: String, _ body: String?) async throws {
        try await withEmulator { emulator in
            let list = #"[{"route":"createRun","fault":"garbled-body-after-commit",\#(member)}]"#
            let put = try await emulator.send(.PUT, "/emulator/faults", body: list)
            guard let body else {
                #expect(put.status == 400)
                return
            }
            let reply = try await emulator.createRun(id: Self.id)

            #expect(reply.status == 200)
            #expect(body.isEmpty ? reply.body.isEmpty : reply.body.hasPrefix(body), "\(reply.body)")
            #expect(reply["runId"] == nil)
            #expect(try await emulator.runs().map { $0["runId"] as? String } == [Self.id])
        }
    }

    @Test(
        "an error after the commit leaves a run, the same error before it none",
        arguments: [500, 502, 503, 408, 429]
    )
    func statusAfterCommit(_ status: Int) async throws {
        try await withEmulator { emulator in
            try await Self.set(#""fault":"status","status":\#(status)"#, emulator)
            let before = try await emulator.createRun(id: Self.id)
            let none = try await emulator.runs().count
            try await Self.set(#""fault":"status-after-commit","status":\#(status),"code":"X""#, emulator)
            let after = try await emulator.createRun(id: Self.id)
            let again = try await emulator.createRun(id: Self.id)

            #expect(before.status == status)
            #expect(none == 0)
            #expect(after.status == status)
            #expect(after.errorCode == "X")
            #expect(again["runId"] as? String == Self.id)
            #expect(try await emulator.runs().count == 1)
        }
    }

    @Test("the wait is given in seconds, as a date or in milliseconds")
    func waits() async throws {
        try await withEmulator { emulator in
            func reply(_ members: String) async throws -> Reply {
                try await Self.set(members, emulator)
                return try await emulator.createRun()
            }
            let seconds = try await reply(#""fault":"status","status":503,"retryAfterSeconds":5"#)
            let milliseconds = try await reply(#""fault":"throttle","retryAfterSeconds":5,"form":"ms""#)
            let earliest = Date.now.addingTimeInterval(4)
            let date = try await reply(#""fault":"throttle","retryAfterSeconds":5,"form":"date""#)
            let latest = Date.now.addingTimeInterval(5)

            #expect(seconds.headers.first(name: "retry-after") == "5")
            #expect(milliseconds.status == 429)
            #expect(milliseconds.headers.first(name: "x-ms-retry-after-ms") == "5000")
            #expect(!milliseconds.headers.contains(name: "retry-after"))
            let format = DateFormatter()
            format.locale = Locale(identifier: "en_US_POSIX")
            format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            format.timeZone = TimeZone(secondsFromGMT: 0)
            let moment = try #require(date.headers.first(name: "retry-after").flatMap { format.date(from: $0) })
            #expect(moment >= earliest && moment <= latest)
        }
    }

    @Test(
        "a throttled call is told so in the words of whoever throttles it",
        arguments: [
            ("", "SubscriptionRequestsThrottled", "Number of 'write' requests", true),
            (#","code":"ResourceRequestsThrottled""#, "ResourceRequestsThrottled", "for action 'createRun'", true),
            (#","code":"TooManyRequests""#, "TooManyRequests", "try again after '372' seconds", false),
        ]
    )
    func throttleCodes(_ member: String, _ code: String, _ text: String, _ isFromGateway: Bool) async throws {
        try await withEmulator { emulator in
            try await Self.set(#""fault":"throttle","retryAfterSeconds":372\#(member)"#, emulator)
            let reply = try await emulator.createRun()

            #expect(reply.status == 429)
            #expect(reply.errorCode == code)
            #expect(reply.errorMessage?.contains(text) == true, "\(reply.body)")
            #expect(reply.headers.first(name: "retry-after") == "372")
            #expect(reply.headers.contains(name: "x-ms-failure-cause") == isFromGateway)
        }
    }

    @Test("a read that is throttled is told of reads")
    func throttledRead() async throws {
        try await withEmulator { emulator in
            try await emulator.setFaults(#"[{"route":"getRun","fault":"throttle"}]"#)
            let reply = try await emulator.call(.GET, "pipelineruns/x")

            #expect(reply.errorMessage?.contains("'read'") == true)
        }
    }

    @Test("202 stands in for 200 where the scenario has it so")
    func accepted() async throws {
        let options = #","writes":null,"reads":null,"faults":[{"route":"*","fault":"accepted"}]"#
        try await withEmulator(options: options) { emulator in
            let reply = try await emulator.createRun(id: Self.id)
            let read = try await emulator.call(.GET, "pipelineruns/\(Self.id)")

            #expect(reply.status == 202)
            #expect(reply["runId"] as? String == Self.id)
            #expect(read.status == 200)
        }
    }

    @Test("a reset behind the headers leaves the client with a status and no body, and the run exists")
    func resetAfterHeaders() async throws {
        try await withEmulator { emulator in
            let token = try await emulator.token()
            try await Self.set(#""fault":"reset-after-headers""#, emulator)
            var request = HTTPClientRequest(
                url: emulator.baseURL + EmulatorClient.factory + "/pipelines/plain/createRun?api-version=2018-06-01"
            )
            request.method = .POST
            request.headers = ["Authorization": "Bearer \(token)"]
            // Whether the status is read before the reset is seen is up to the network.
            await #expect(throws: (any Error).self) {
                let response = try await emulator.http.execute(request, timeout: .seconds(20))
                #expect(response.status == .ok)
                _ = try await response.body.collect(upTo: 1_000)
            }

            let stats = try await emulator.tally("createRun")
            #expect(stats == ["reset-after-headers": 1])
            #expect(try await emulator.runs().count == 1)
        }
    }

    @Test("a fault of one pipeline leaves the others alone, whatever the case of the name")
    func pipeline() async throws {
        let pipelines = #"{"name":"Plain"},{"name":"other"}"#
        try await withEmulator(pipelines: pipelines) { emulator in
            try await emulator.setFaults(#"[{"route":"*","pipeline":"PLAIN","fault":"status","status":500}]"#)
            let statuses = try await [
                emulator.createRun("plain").status, emulator.createRun("other").status,
                emulator.call(.GET, "pipelines/pLAIN").status, emulator.call(.GET, "pipelines/other").status,
            ]
            let left = try await emulator.send(.GET, "/emulator/faults")
            let unknown = try await emulator.send(
                .PUT,
                "/emulator/faults",
                body: #"[{"route":"*","pipeline":"third","fault":"hang"}]"#
            )

            #expect(statuses == [500, 200, 500, 200])
            #expect(left.body.contains(#""pipeline":"plain""#))
            #expect(unknown.status == 400)
            #expect(unknown.errorMessage?.contains(#""other", "plain""#) == true, "\(unknown.body)")
        }
    }

    @Test("a list of faults that was read may be set again as it is")
    func roundTrip() async throws {
        let list = """
            [{"route":"createRun","pipeline":"plain","fault":"status","times":3,"status":503,"code":"X",\
            "retryAfterSeconds":2,"form":"ms","body":"flat"},\
            {"route":"getRun","fault":"throttle","rate":0.5,"retryAfterSeconds":9,"form":"date",\
            "code":"TooManyRequests","body":"empty"},\
            {"route":"*","fault":"garbled-body-after-commit","times":1,"body":"html"},\
            {"route":"*","fault":"claims-challenge","times":1},{"route":"*","fault":"accepted"}]
            """
        try await withEmulator { emulator in
            let first = try await emulator.send(.PUT, "/emulator/faults", body: list)
            let second = try await emulator.send(.PUT, "/emulator/faults", body: first.body)

            #expect(first.body == list)
            #expect(second.body == list)
        }
    }
}

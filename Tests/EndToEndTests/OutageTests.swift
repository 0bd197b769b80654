import Foundation
import RabbitMQ
import TestSupport
import Testing

@Suite("Outages, crashes and stops", .timeLimit(.minutes(10)))
struct OutageTests {
    @Test("a worker that starts before its broker waits for it")
    func brokerNotUpYet() async throws {
        let stage = try await Stage("late-broker")
        let port = try #require(UInt16(try TestBroker.uri().split(separator: ":").last ?? ""))
        let frontPort = try await freePort()
        let worker = try stage.launchWorker(
            set: ["ADF_TRIGGER_AMQP_URL": "amqp://guest:guest@127.0.0.1:\(frontPort)"])
        try await eventually("the worker says that there is no broker") {
            worker.errorsSoFar.contains("no broker; trying again")
        }

        let forwarder = try startForwarder(from: frontPort, to: port)
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "late")

        #expect(try Answer(try #require(try await stage.take(1, from: "replies").first)).status == "started")
        #expect(worker.isRunning)
        try await worker.stop()
        forwarder.signal(SIGKILL)
        try await stage.end()
    }

    @Test("a lost broker connection is found again, and nothing is lost or run twice")
    func brokerConnectionLost() async throws {
        let stage = try await Stage("lost-broker")
        let port = try #require(UInt16(try TestBroker.uri().split(separator: ":").last ?? ""))
        let frontPort = try await freePort()
        var forwarder = try startForwarder(from: frontPort, to: port)
        let worker = try await stage.startWorker(
            set: ["ADF_TRIGGER_AMQP_URL": "amqp://guest:guest@127.0.0.1:\(frontPort)"])
        try await stage.setFaults(#"[{"route":"createRun","fault":"latency","ms":100,"rate":1}]"#)

        for number in 0..<200 { try await stage.publish(#"{"target":"nightly-load"}"#, id: "l-\(number)") }
        try await eventually("some runs have started") { try await stage.runs().count >= 20 }
        forwarder.signal(SIGKILL)
        try await eventually("the worker noticed") { worker.errorsSoFar.contains("no broker; trying again") }
        forwarder = try startForwarder(from: frontPort, to: port)

        try await expectEachServedOnce((0..<200).map { "l-\($0)" }, stage)
        #expect(worker.isRunning)
        try await worker.stop()
        forwarder.signal(SIGKILL)
        try await stage.end()
    }

    @Test("losing the publishing connection takes no request from the worker that holds it")
    func publishingConnectionLost() async throws {
        try await BrokerNode.with { node in
            let stage = try await Stage("lost-publishing", uri: node.uri)
            let worker = try await stage.startWorker()
            try await stage.setFaults(#"[{"route":"createRun","fault":"latency","ms":100,"rate":1}]"#)
            for number in 0..<200 { try await stage.publish(#"{"target":"nightly-load"}"#, id: "p-\(number)") }
            try await eventually("some runs have started") { try await stage.runs().count >= 20 }

            // Three times, since each pause after a loss may be twice as long as the one before.
            try await node.killConnections(
                count: 3,
                meanPauseMilliseconds: 200,
                named: "adf-trigger publish",
                by: .either
            )

            try await expectEachServedOnce((0..<200).map { "p-\($0)" }, stage)
            let exit = try await worker.stop()
            #expect(exit.errors.contains("no broker; trying again"))
            #expect(!exit.errors.contains("request left to its next holder"))
            try await stage.end()
        }
    }

    @Test("of several brokers the one that is there is used")
    func severalBrokers() async throws {
        let stage = try await Stage("several-brokers")
        let here = try TestBroker.uri().replacing("amqp://guest:guest@", with: "")
        let worker = try await stage.startWorker(
            set: ["ADF_TRIGGER_AMQP_URL": "amqp://guest:guest@127.0.0.1:1,\(here)"]
        )

        try await stage.publish(#"{"target":"nightly-load"}"#, id: "several")

        #expect(try Answer(try #require(try await stage.take(1, from: "replies").first)).status == "started")
        try await worker.stop()
        try await stage.end()
    }

    @Test("a request that comes while Azure is unreachable is started when it is back")
    func azureNotUpYet() async throws {
        let stage = try await Stage("late-azure")
        let port = try await freePort()
        let endpoint = "http://127.0.0.1:\(port)"
        let worker = try await stage.startWorker(
            set: ["ADF_TRIGGER_AZURE_MANAGEMENT_ENDPOINT": endpoint, "AZURE_AUTHORITY_HOST": endpoint])
        try await stage.publish(#"{"target":"nightly-load"}"#, id: "patient")
        try await eventually("the request is held") { try await stage.ready("requests") == 0 }

        let scenario = try stage.file("late.json", Array(Self.openScenario.utf8))
        let late = try Program("adf-emulator", ["--port", "\(port)", "--scenario", scenario])
        _ = try await Stage.endpoint(of: late)

        let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
        #expect(answer.status == "started")
        try await worker.stop()
        try await late.stop()
        try await stage.end()
    }

    static let openScenario = """
        {"factories":[{"subscriptionId":"\(Stage.subscription)","resourceGroup":"rg-test","name":"adf-test",
        "pipelines":[{"name":"ingest-orders"}]}]}
        """

    @Test(
        "a run whose answer was lost is found and adopted, after throttling too",
        arguments: [
            #"{"fault":"reset-after-commit"}"#, #"{"fault":"gateway-timeout-after-commit"}"#,
            #"{"fault":"truncated-body-after-commit"}"#, #"{"fault":"status-after-commit","status":503,"code":"Busy"}"#,
        ]
    )
    func lostAnswer(fault: String) async throws {
        // Every createRun starts a run: nothing but the look-up keeps it at one.
        let stage = try await Stage("faults", scenario: #""dedupeSeconds":0"#)
        let worker = try await stage.startWorker()
        try await stage.setFaults(
            """
            [{"route":"createRun","fault":"throttle","retryAfterSeconds":1,"times":1},
             {"route":"createRun","times":1,\(fault.dropFirst())]
            """
        )

        try await stage.publish(#"{"target":"nightly-load"}"#, id: "bumpy")

        let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
        let runs = try await stage.runs()
        #expect(answer.status == "started")
        #expect(answer.json["adopted"] as? Bool == true)
        #expect(answer.attempts == 2)
        #expect(runs.map { $0.runId } == [answer.runID])
        try await worker.stop()
        try await stage.end()
    }

    @Test("an attempt that may still be under way is waited out, and then the same run is asked for again")
    func inFlightWindow() async throws {
        let stage = try await Stage("window", scenario: #""dedupeSeconds":0"#)
        let worker = try await stage.startWorker()
        try await stage.setFaults(#"[{"route":"createRun","fault":"commit-late","ms":3500,"times":1}]"#)

        try await stage.publish(#"{"target":"nightly-load"}"#, id: "late")

        let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
        #expect(answer.status == "started")
        #expect(answer.json["adopted"] as? Bool == true)
        #expect(try await stage.runs().map { $0.runId } == [answer.runID])
        try await worker.stop()
        try await stage.end()
    }

    @Test("a request that can't be served for now is put back, and costs no error copy")
    func putBack() async throws {
        let stage = try await Stage("hold", set: ["ADF_TRIGGER_WORKER_HOLD_SECONDS": "1"])
        let worker = try await stage.startWorker()
        try await stage.setFaults(#"[{"route":"createRun","fault":"throttle","retryAfterSeconds":4,"times":1}]"#)

        try await stage.publish(#"{"target":"nightly-load"}"#, id: "throttled")

        let answer = try Answer(try #require(try await stage.take(1, from: "replies").first))
        #expect(answer.status == "started")
        #expect(answer.attempts == 2)
        #expect(worker.errorsSoFar.contains("\"request.postponed\":\"throttled\""))
        #expect(try await stage.ready("errors") == 0)
        try await worker.stop()
        try await stage.end()
    }

    @Test("SIGTERM finishes what is in work, gives the rest back, and exits 0")
    func gracefulStop() async throws {
        let stage = try await Stage(
            "stop",
            set: ["ADF_TRIGGER_WORKER_CONCURRENCY": "4", "ADF_TRIGGER_WORKER_PREFETCH": "16"]
        )
        // Beyond what it takes to tell the worker to stop, and within what it has for stopping.
        try await stage.setFaults(#"[{"route":"createRun","fault":"latency","ms":10000,"rate":1}]"#)
        let worker = try await stage.startWorker()
        for number in 0..<16 { try await stage.publish(#"{"target":"nightly-load"}"#, id: "s-\(number)") }
        try await eventually("four are in work, and the worker has the others") {
            let calls = try await stage.statistics()
            let ready = try await stage.ready("requests")
            return calls["maximumInFlight"]?["createRun"] == 4 && ready == 0
        }

        let exit = try await worker.stop()

        #expect(exit.code == 0)
        #expect(exit.errors.contains("\"stopped\""))
        #expect(try await stage.runs().count == 4)
        #expect(try await stage.ready("replies") == 4)
        // A quorum queue takes back what a closed channel held in its own time.
        try await eventually("the rest is back") { try await stage.ready("requests") == 12 }
        try await stage.setFaults("[]")
        let next = try await stage.startWorker()
        try await expectEachServedOnce((0..<16).map { "s-\($0)" }, stage)
        try await next.stop()
        try await stage.end()
    }

    @Test("when the time for stopping ends, what is in work goes back unanswered")
    func stopTimeEnds() async throws {
        let stage = try await Stage("stop-time", set: ["ADF_TRIGGER_WORKER_STOP_SECONDS": "1"])
        try await stage.setFaults(#"[{"route":"createRun","fault":"hang"}]"#)
        let worker = try await stage.startWorker()
        for number in 0..<3 { try await stage.publish(#"{"target":"nightly-load"}"#, id: "h-\(number)") }
        try await eventually("requests are in work") { try await stage.ready("requests") == 0 }

        let exit = try await worker.stop()

        #expect(exit.code == 0)
        try await eventually("the requests are back") { try await stage.ready("requests") == 3 }
        #expect(try await stage.ready("replies") == 0)
        #expect(try await stage.ready("errors") == 0)
        try await stage.end()
    }

    @Test("kill -9 in the middle loses nothing and runs nothing twice", arguments: [1, 2])
    func crash(replicas: Int) async throws {
        let stage = try await Stage("crash")
        try await stage.setFaults(#"[{"route":"createRun","fault":"latency","ms":50,"rate":1}]"#)
        var workers: [Program] = []
        for _ in 0..<replicas { workers.append(try await stage.startWorker()) }
        let ids = (0..<300).map { "c-\($0)" }
        for id in ids { try await stage.publish(#"{"target":"nightly-load"}"#, id: id) }
        try await eventually("the work has begun") { try await stage.runs().count >= 50 }

        workers[0].signal(SIGKILL)
        let next = try await stage.startWorker()

        try await expectEachServedOnce(ids, stage)
        try await next.stop()
        for worker in workers.dropFirst() { try await worker.stop() }
        try await stage.end()
    }

    /// One run for each request, at least one answer, and answers to the same request that agree.
    private func expectEachServedOnce(_ ids: [String], _ stage: Stage) async throws {
        var answers: [String: Set<String>] = [:]
        while answers.count < ids.count {
            let delivery = try #require(try await stage.take(1, from: "replies").first)
            let answer = try Answer(delivery)
            let id = try #require(answer.json["requestId"] as? String)
            answers[id, default: []].insert(try #require(answer.runID))
        }
        let runs = try await stage.runs()
        #expect(Set(answers.keys) == Set(ids))
        #expect(answers.values.allSatisfy { $0.count == 1 })
        #expect(runs.count == ids.count)
        #expect(Set(runs.map { $0.runId }) == Set(answers.values.flatMap { $0 }))
        #expect(try await stage.ready("requests") == 0)
    }

    /// A loopback port that leads to another, until the process is ended.
    private func startForwarder(from port: UInt16, to target: UInt16) throws -> Program {
        try Program(
            "/usr/bin/python3",
            [
                "-c",
                """
                import asyncio, sys
                async def copy(reader, writer):
                    try:
                        while data := await reader.read(65536):
                            writer.write(data); await writer.drain()
                    except OSError: pass
                    writer.close()
                async def serve(reader, writer):
                    there = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
                    await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))
                async def main():
                    async with await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1])) as server:
                        await server.serve_forever()
                asyncio.run(main())
                """,
                "\(port)", "\(target)",
            ]
        )
    }
}

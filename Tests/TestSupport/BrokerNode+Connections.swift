extension BrokerNode {
    /// How the node ends a connection.
    public enum ConnectionEnd: String, Sendable {
        /// It says so, as on an operator's order: `connection.close` with reply code 320.
        case close
        /// It dies of it: the socket is closed, and nothing said.
        case crash
        /// Now the one, now the other.
        case either
    }

    /// Ends connections from within the node, one after the other: each time a random one of those that clients opened
    /// under a name, when there is one.
    ///
    /// - Parameters:
    ///   - count: How many to end.
    ///   - meanPauseMilliseconds: How long to wait after each; from nothing to twice as long, at random.
    ///   - name: The connection name that clients gave.
    ///   - end: How.
    ///   - limit: How long to wait for one of that name to come.
    /// - Throws: ``NeverHappened`` where none came.
    public func killConnections(
        count: Int,
        meanPauseMilliseconds: Int,
        named name: String,
        by end: ConnectionEnd = .close,
        within limit: Duration = .seconds(60)
    ) async throws {
        let ended = try await eval(
            """
            Name = <<\(name.utf8.map(String.init).joined(separator: ","))>>,
            Deadline = fun() -> erlang:monotonic_time(second) + \(limit.components.seconds) end,
            IsOurs = fun(Pid) ->
                case catch rabbit_networking:connection_info(Pid, [state, client_properties]) of
                    % One that is not open yet, or no more, is none that a client loses.
                    [{state, State}, {client_properties, Properties}]
                    when State =:= running; State =:= flow; State =:= blocking; State =:= blocked ->
                        lists:member({<<"connection_name">>, longstr, Name}, Properties);
                    _ -> false
                end
            end,
            End = fun
                (Pid, close) -> catch rabbit_networking:close_connection(Pid, "ended by a test");
                (Pid, crash) -> exit(Pid, kill);
                (Pid, either) ->
                    case rand:uniform(2) of
                        1 -> catch rabbit_networking:close_connection(Pid, "ended by a test");
                        2 -> exit(Pid, kill)
                    end
            end,
            Loop = fun
                Loop(0, _, _) -> all_ended;
                Loop(Left, Last, Until) ->
                    % Not the last one again: it may take a moment to end.
                    case [Pid || Pid <- rabbit_networking:connections(), Pid =/= Last, IsOurs(Pid)] of
                        [] ->
                            case erlang:monotonic_time(second) > Until of
                                true -> {missing, Left};
                                false -> timer:sleep(5), Loop(Left, Last, Until)
                            end;
                        Pids ->
                            Pid = lists:nth(rand:uniform(length(Pids)), Pids),
                            End(Pid, \(end.rawValue)),
                            timer:sleep(rand:uniform(2 * \(meanPauseMilliseconds) + 1) - 1),
                            Loop(Left - 1, Pid, Deadline())
                    end
            end,
            Loop(\(count), none, Deadline()).
            """,
            within: .milliseconds(count * (2 * meanPauseMilliseconds + 1000)) + limit * min(count, 3) + .seconds(60)
        )
        guard ended == "all_ended" else {
            throw NeverHappened(description: "\(count) connections named \(name) were there to end: \(ended)")
        }
    }
}

import HeddleModel
import JSON
import Testing

@testable import HeddleCoordination

@Suite("Places in a context")
struct ContextCapacityTests {
    @Test("a thousand that want to join at once take exactly the hundred places", arguments: ContextEngine.allCases)
    func thousand(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let body = #"{"name":"A","type":"parallel","configuration":{"max_participants":100}}"#
            let id = try await f.create(body).id
            let outcomes = await withTaskGroup(of: HeddleError.Code?.self) { tasks in
                for number in 0..<1000 {
                    tasks.addTask {
                        do {
                            _ = try await f.contexts.join(f.caller, id, f.joining("agent-\(number)"))
                            return nil
                        } catch {
                            return (error as? HeddleError)?.code ?? .internalError
                        }
                    }
                }
                return await tasks.reduce(into: [:]) { counts, code in counts[code, default: 0] += 1 }
            }
            #expect(outcomes == [nil: 100, .contextFull: 900])
            #expect(try await f.contexts.context(f.caller, id).participantCount == 100)
        }
    }

    @Test("a batch that does not fit as a whole does not come in at all", arguments: ContextEngine.allCases)
    func batch(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let body = #"{"name":"A","type":"parallel","configuration":{"max_participants":4}}"#
            let id = try await f.create(body).id
            _ = try await f.contexts.join(f.caller, id, f.joining("a", "b"))
            let full = await expect(.contextFull) {
                _ = try await f.contexts.join(f.caller, id, f.joining("c", "d", "e"))
            }
            #expect(full?.details["available_slots"] == "2")
            #expect(full?.details["requested"] == "3")
            _ = await expect(.participantExists) { _ = try await f.contexts.join(f.caller, id, f.joining("c", "a")) }
            #expect(try await f.contexts.context(f.caller, id).participantCount == 2)
            _ = try await f.contexts.join(f.caller, id, f.joining("c", "d"))
            #expect(try await f.events(id).filter { $0 == "participants.joined.batch" }.count == 2)
            _ = await expect(.contextFull) {
                let smaller = #"{"configuration":{"max_participants":3}}"#
                _ = try await f.contexts.update(f.caller, id, merging: f.fields(smaller), ifVersion: nil)
            }
        }
    }

    @Test("one who leaves makes room, and may come again", arguments: ContextEngine.allCases)
    func leave(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let body = #"{"name":"A","type":"parallel","configuration":{"max_participants":1}}"#
            let id = try await f.create(body).id
            let joined = try #require(try await f.contexts.join(f.caller, id, f.joining("a")).first)
            try await f.contexts.removeParticipant(f.caller, id, joined.id, ifVersion: 1)
            #expect(try await f.contexts.participant(f.caller, id, joined.id).status == .left)
            _ = await expect(.participantNotFound) {
                try await f.contexts.removeParticipant(f.caller, id, joined.id, ifVersion: nil)
            }
            _ = await expect(.participantNotFound) {
                _ = try await f.contexts.updateParticipant(
                    f.caller,
                    id,
                    joined.id,
                    merging: f.fields(#"{"display_name":"back"}"#),
                    replaces: false,
                    ifVersion: nil
                )
            }
            let again = try #require(try await f.contexts.join(f.caller, id, f.joining("a")).first)
            #expect(again.id != joined.id)
            #expect(try await f.seen(id)["participant_count"]?.integer == 1)
        }
    }

    @Test("the access rules of a context decide who comes in", arguments: ContextEngine.allCases)
    func access(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let context = try await f.create(
                #"""
                {"name":"A","type":"parallel","access_control":{"join_policy":"invitation_only",
                "required_capabilities":["code"],"required_roles":["reviewer","admin"]}}
                """#
            )
            func join(_ body: String) async throws {
                _ = try await f.contexts.join(f.caller, context.id, f.joining("a", body: body))
            }
            let token = #","join_token":"\#(context.joinToken)""#
            _ = await expect(.joinRefused) { try await join(#","capabilities":["code"],"roles":["admin"]"#) }
            _ = await expect(.joinRefused) { try await join(token + #","roles":["admin"]"#) }
            _ = await expect(.joinRefused) { try await join(token + #","capabilities":["code"],"roles":["viewer"]"#) }
            try await join(token + #","capabilities":["code","x"],"roles":["reviewer"]"#)
            #expect(try await f.contexts.context(f.caller, context.id).participantCount == 1)
        }
    }

    @Test("sessions have places of their own, and give them back", arguments: ContextEngine.allCases)
    func sessions(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let body = #"{"name":"A","type":"parallel","configuration":{"max_sessions":1}}"#
            let id = try await f.create(body).id
            let attributes = try SessionAttributes(f.fields(#"{"name":"s"}"#))
            let session = try await f.contexts.beginSession(f.caller, id, attributes)
            _ = await expect(.contextFull) { _ = try await f.contexts.beginSession(f.caller, id, attributes) }
            let done = try await f.contexts.updateSession(
                f.caller,
                id,
                session.id,
                merging: f.fields(#"{"status":"completed"}"#),
                ifVersion: 1
            )
            #expect(done.completedAt == f.clock.now)
            _ = try await f.contexts.beginSession(f.caller, id, attributes)
            let stranger = try SessionAttributes(f.fields(#"{"name":"s","participants":["\#(Participant.ID())"]}"#))
            let wider = #"{"configuration":{"max_sessions":2}}"#
            _ = try await f.contexts.update(f.caller, id, merging: f.fields(wider), ifVersion: nil)
            _ = await expect(.participantNotFound) { _ = try await f.contexts.beginSession(f.caller, id, stranger) }
            #expect(try await f.contexts.context(f.caller, id).sessionCount == 1)
        }
    }
}

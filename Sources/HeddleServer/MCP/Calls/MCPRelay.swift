import Dispatch
import HTTPTypes
import HeddleExtensions
import HeddleMCP
import HeddleModel
import JSON
import Logging
import Synchronization

/// A request of a client that an extension answers, and how its end is told.
struct MCPRelay: Sendable {
    let gateway: MCPGateway
    let scope: MCPScope
    let id: JSONView
    let client: MCPClient
    let work: MCPWork
    let requestID: RequestID
    /// Names the progress of the request for a client that wants to be told of it.
    let progressToken: JSONView?

    /// Whether the client may get more than one message, so that one answer is not enough.
    var needsOutlet: Bool {
        progressToken != nil || (client.session != nil && client.canBeAsked) || client.logLevel != nil
    }

    private var caller: Caller { .local(origin: .mcp, requestID: requestID) }
    private var services: ServerServices { gateway.services }

    /// Begins it; the answer is told once, on any thread, and the closure that is returned gives it up.
    ///
    /// A cancellation of the same session ends it, too.
    func start(
        _ outlet: MCPOutlet? = nil,
        completion: @escaping @Sendable (MCPAnswer) -> Void
    ) -> @Sendable () -> Void {
        guard let session = client.session else { return begin(outlet, completion) }
        let cancel = LateCancel()
        session.add(id.bytes) { cancel.cancel() }
        cancel.set(
            begin(outlet) { answer in
                session.remove(id.bytes)
                completion(answer)
            }
        )
        return { cancel.cancel() }
    }

    private func begin(
        _ outlet: MCPOutlet?,
        _ completion: @escaping @Sendable (MCPAnswer) -> Void
    ) -> @Sendable () -> Void {
        switch client.era {
        case .modern: beginRound(outlet, completion)
        case .legacy: beginLegacy(outlet, completion)
        }
    }

    private func progress(_ outlet: MCPOutlet?) -> (@Sendable (JSONView) -> Void)? {
        guard let outlet, let token = progressToken else { return nil }
        return { outlet.notify(MCPNotice.progress($0, token: token), true) }
    }

    private func port(_ outlet: MCPOutlet?, ask: (@Sendable (MCPAsk) -> Void)?) -> MCPClientPort {
        var port = MCPClientPort(
            capabilities: client.capabilities,
            logLevel: outlet == nil ? nil : client.logLevel?.rawValue,
            takesAllResults: client.era == .modern || ask != nil,
            conversation: client.session?.id,
            ask: ask
        )
        if let outlet, let least = client.logLevel {
            port.log = { params in
                let level = params["level"]?.string.flatMap(MCPLogLevel.init(rawValue:)) ?? .info
                if level >= least { outlet.notify(MCPNotice.make("notifications/message", params), true) }
            }
        }
        return port
    }

    // MARK: Clients of the modern era

    private func beginRound(
        _ outlet: MCPOutlet?,
        _ completion: @escaping @Sendable (MCPAnswer) -> Void
    ) -> @Sendable () -> Void {
        let told: @Sendable (ParkedCall.Round) -> Void = { completion(encode($0)) }
        var (continuation, preferred): ([UInt8], UInt64?) = ([], nil)
        if let answers = work.answersView { continuation += #","inputResponses":"#.utf8 + answers.compactBytes }
        switch work.state.map({ open($0) }) {
        case nil: break
        case .some(nil):
            completion(
                .failure(
                    id: id,
                    .invalidParams,
                    "'requestState' is not one that was given for this request",
                    status: .badRequest
                )
            )
            return {}
        case .some(.parked(let name)?):
            guard let call = gateway.parked.call(name) else {
                completion(
                    .failure(id: id, .invalidParams, "the call that the state is of is over", status: .badRequest)
                )
                return {}
            }
            guard let round = call.resume(work.answers, told: told) else {
                completion(.failure(id: id, .invalidParams, "the call is being answered already", status: .badRequest))
                return {}
            }
            return { call.hungUp(round) }
        case .some(.inner(let state, let instance)?):
            preferred = instance
            continuation += #","requestState":"#.utf8 + JSONValue.string(state).bytes
        case .some(.plain?): break
        }
        guard client.canBeAsked || canBeTask else {
            return work.start(
                services,
                caller,
                port: port(outlet, ask: nil),
                continuation: continuation,
                preferred: preferred,
                progress: progress(outlet)
            ) { told(.result($0)) }
        }
        let (tasks, name) = (gateway.tasks, RequestID().rawValue)
        let call = ParkedCall(name, client, in: gateway.parked, early: work.answers) {
            tasks.note(name)
        } told: {
            told($0)
        }
        if canBeTask { planTask(call) }
        call.setCancel(
            work.start(
                services,
                caller,
                port: port(outlet) { call.ask($0) },
                continuation: continuation,
                preferred: preferred,
                progress: progress(outlet)
            ) { call.finish($0) }
        )
        return { call.hungUp(0) }
    }

    /// Whether the client takes a task for an answer.
    private var canBeTask: Bool {
        guard client.takesTasks, case .tool = work.kind else { return false }
        return true
    }

    private func planTask(_ call: ParkedCall) {
        let (tasks, caller, relay) = (gateway.tasks, caller, self)
        DispatchQueue.global()
            .asyncAfter(deadline: .now() + .milliseconds(Int(MCPTasks.patience / .milliseconds(1)))) { [weak call] in
                call?
                    .becomeTask { call in
                        tasks.keep(call, for: caller.principal, relay.scope) { relay.shaped($0) }
                    }
            }
    }

    /// What a state is bound to: the endpoint and the request.
    private var identity: [UInt8] { Array((scope.extensionName ?? "").utf8) + [0] + work.identity }

    private func open(_ state: String) -> SealedState.Content? {
        gateway.seal.open(state, for: caller.principal, identity, now: gateway.clock.now)
    }

    private func seal(_ content: SealedState.Content) -> String? {
        gateway.seal.seal(content, for: caller.principal, identity, now: gateway.clock.now)
    }

    private func encode(_ round: ParkedCall.Round) -> MCPAnswer {
        switch round {
        case .result(let result): return encode(result)
        case .task(let name):
            guard let entry = gateway.tasks.entry(name, of: caller.principal, scope) else {
                return .failure(id: id, .internalError, "the task is not there")
            }
            let members = Array(#"{"resultType":"task","#.utf8) + gateway.tasks.members(entry, isDetailed: false)
            return MCPAnswer(status: .ok, bytes: MCPAnswer.result(id: id, (members + [UInt8(ascii: "}")])[...]))
        case .questions(let questions, let call):
            guard let state = seal(.parked(call)) else {
                return .failure(id: id, .internalError, "the state of the call cannot be sealed")
            }
            return MCPAnswer(status: .ok, bytes: MCPNotice.inputRequired(id, questions, state: state))
        }
    }

    // MARK: Clients of the legacy era

    /// One try of a request that an extension of the modern era may want to be made again.
    private struct Attempt {
        var continuation: [UInt8] = []
        var preferred: UInt64?
        var round = 0
    }

    /// Rounds of questions before an extension is not listened to any more.
    private static let mostRounds = 16

    private func beginLegacy(
        _ outlet: MCPOutlet?,
        _ completion: @escaping @Sendable (MCPAnswer) -> Void
    ) -> @Sendable () -> Void {
        let cancel = LateCancel()
        attempt(outlet, Attempt(), cancel) { answer in
            cancel.end()
            completion(answer)
        }
        return { cancel.cancel() }
    }

    /// Makes a try; an extension of the modern era that needs input gets it from the client, and then the next try.
    private func attempt(
        _ outlet: MCPOutlet?,
        _ attempt: Attempt,
        _ cancel: LateCancel,
        _ completion: @escaping @Sendable (MCPAnswer) -> Void
    ) {
        var ask: (@Sendable (MCPAsk) -> Void)?
        if let outlet, client.canBeAsked {
            ask = { question in
                guard client.canAnswer(question.method) else {
                    return question.refuse(MCPNotice.notOffered(question.method))
                }
                outlet.ask(question)
            }
        }
        let asked = ask
        let round = attempt.round
        cancel.set(
            work.start(
                services,
                caller,
                port: asked == nil && outlet == nil ? nil : port(outlet, ask: asked),
                continuation: attempt.continuation,
                preferred: attempt.preferred,
                progress: progress(outlet)
            ) { result in
                guard let asked, case .success(let outcome) = result, case .result(let view) = outcome.message,
                    view["resultType"]?.equals("input_required") == true
                else { return completion(encode(result)) }
                guard round < Self.mostRounds else {
                    let error = HeddleError(.extensionProtocol, "the extension asks for input without end")
                    return completion(encode(.failure(error)))
                }
                // In its own time, so that an extension that asks for nothing does not do so without a pause.
                let questions = MCPQuestions(view) { answers in
                    guard !cancel.isCancelled else {
                        return completion(encode(.failure(HeddleError(.cancelled, "the caller went away"))))
                    }
                    var next = Attempt(continuation: answers, preferred: outcome.instance, round: round + 1)
                    if let state = view["requestState"] {
                        next.continuation += #","requestState":"#.utf8 + state.compactBytes
                    }
                    self.attempt(outlet, next, cancel, completion)
                }
                cancel.set { questions.giveUp() }
                questions.ask(asked)
                if cancel.isCancelled { questions.giveUp() }
            }
        )
    }

    // MARK: Messages

    private func encode(_ result: Result<MCPWork.Outcome, any Error>) -> MCPAnswer {
        switch result {
        case .success(let outcome):
            switch outcome.message {
            case .result(let view): return MCPAnswer(status: .ok, bytes: encode(view, outcome.instance))
            case .failure(let failure):
                let code = MCPAnswer.code(failure, in: client.era, of: work.method)
                let bytes = MCPAnswer.error(id: id, code: code, failure.message, data: failure.data?.bytes)
                return MCPAnswer(status: client.era == .modern ? MCPAnswer.status(ofCode: code) : .ok, bytes: bytes)
            }
        case .failure(let error):
            let known = Door.known(error)
            // A model can mend its parameters when it is told as a result what is wrong with them (MCP 2025-11-25).
            if known.code == .invalidParameters { return MCPAnswer(status: .ok, bytes: toolFailure(known)) }
            if known.code == .internalError {
                services.logger.error("Failed a call", metadata: ["error": "\(error)"])
            }
            let wire = known.value(requestID: requestID)["error"] ?? .null
            let code = MCPErrorCode.internalError.rawValue
            let bytes = MCPAnswer.error(id: id, code: code, wire["message"]?.string ?? "", data: wire.bytes[...])
            return MCPAnswer(status: .ok, bytes: bytes)
        }
    }

    /// A result as the client sees it.
    private func shaped(_ view: JSONView) -> [UInt8] { work.adapt?(view) ?? view.compactBytes }

    private func encode(_ view: JSONView, _ instance: UInt64?) -> [UInt8] {
        let adapted = work.adapt?(view)
        guard client.era == .modern else { return MCPAnswer.result(id: id, adapted?[...] ?? view.bytes) }
        var extra = ""
        func add(_ name: String, _ value: String) {
            guard view.member(name) == nil else { return }
            extra += (extra.isEmpty ? "" : ",") + "\"\(name)\":\(value)"
        }
        add("resultType", "\"complete\"")
        if view["resultType"]?.equals("task") == true, let instance, let task = view["taskId"]?.string {
            gateway.homes.note(task, instance)
        }
        if work.isCacheable, view["resultType"].map({ $0.equals("complete") }) ?? true {
            add("ttlMs", "0")
            add("cacheScope", "\"private\"")
        }
        guard view["resultType"]?.equals("input_required") == true, let inner = view["requestState"]?.string else {
            return MCPAnswer.result(id: id, adapted?[...] ?? view.bytes, extra: extra)
        }
        let state = seal(.inner(inner, instance: instance)) ?? ""
        let sealed = MCPParams.replacing(view, ["requestState": JSONValue.string(state).bytes])
        return MCPAnswer.result(id: id, sealed[...], extra: extra)
    }

    private func toolFailure(_ error: HeddleError) -> [UInt8] {
        let lines = error.violations.map { "\($0.path.isEmpty ? "the value" : $0.path) \($0.message)" }
        let text = ([error.message] + lines.dropFirst(3)).joined(separator: "\n")
        let result: JSONValue = ["content": [["type": "text", "text": .string(text)]], "isError": true]
        let extra = client.era == .modern ? #""resultType":"complete""# : ""
        return MCPAnswer.result(id: id, result.bytes[...], extra: extra)
    }
}

import Dispatch
import HeddleMCP
import HeddleModel
import JSON
import Synchronization

/// Calls of modern clients that wait for answers to what their extensions asked.
///
/// The extension of the legacy era asks in the middle of a call; the client of the modern era gets the question as the result
/// of a round and brings the answer with the next one (MCP 2026-07-28, input required). In between the call lives here.
final class ParkedCalls: Sendable {
    /// Calls that wait at once.
    static let most = 100
    /// How long after a question nobody came back a call is forgotten; its extension has given up before.
    private static let patience = SealedState.lifetime + .seconds(55)
    private static let lifetime = DispatchTimeInterval.seconds(Int(SealedState.lifetime.components.seconds) + 60)

    private let calls = Mutex<[String: ParkedCall]>([:])

    /// Keeps a call; nil when too many wait already.
    fileprivate func park(_ call: ParkedCall) -> Bool {
        let isNew = calls.withLock { calls -> Bool? in
            if calls[call.id] != nil { return false }
            guard calls.count < Self.most else { return nil }
            calls[call.id] = call
            return true
        }
        guard let isNew else { return false }
        if isNew { watch(call.id) }
        return true
    }

    /// Ends a call that nobody came back to; one that goes on is looked at again.
    private func watch(_ id: String) {
        DispatchQueue.global()
            .asyncAfter(deadline: .now() + Self.lifetime) { [weak self] in
                guard let self, let call = self.call(id) else { return }
                guard call.isAbandoned(for: Self.patience) else { return watch(id) }
                forget(id)
                call.giveUp()
            }
    }

    fileprivate func forget(_ id: String) { calls.withLock { $0[id] = nil } }

    /// The call of an id.
    func call(_ id: String) -> ParkedCall? { calls.withLock { $0[id] } }

    /// How many wait.
    var count: Int { calls.withLock(\.count) }
}

/// One call of a modern client that may ask it something on the way.
final class ParkedCall: Sendable {
    /// What an extension asks, with the name that its answer has.
    struct Question: Sendable {
        let key: String
        let ask: MCPAsk
    }

    /// How a round ends.
    enum Round: Sendable {
        case result(Result<MCPWork.Outcome, any Error>)
        /// What has to be answered before the call of this id goes on.
        case questions([Question], of: String)
        /// The call goes on as a task of this id.
        case task(String)
    }

    private struct State {
        var told: (@Sendable (Round) -> Void)?
        var asks: [Question] = []
        /// Answers that came with the call before anybody asked.
        var early: [String: [UInt8]] = [:]
        var counts: [String: Int] = [:]
        var isTellingPlanned = false
        var result: Result<MCPWork.Outcome, any Error>?
        var cancel: (@Sendable () -> Void)?
        var isGivenUp = false
        var isOver = false
        var isTask = false
        /// Counts the rounds, so that the end of one connection is not taken for that of the next.
        var round = 0
        /// When the client was told what is asked, until it is back.
        var waitsSince: ContinuousClock.Instant?
    }

    /// Questions that come together are told together.
    private static let gathering = DispatchTimeInterval.milliseconds(2)

    let id: String
    private let client: MCPClient
    private let registry: ParkedCalls
    private let state: Mutex<State>
    /// Told when a task has asked, was answered, or is over.
    private let changed: (@Sendable () -> Void)?

    init(
        _ id: String,
        _ client: MCPClient,
        in registry: ParkedCalls,
        early: [String: [UInt8]],
        changed: (@Sendable () -> Void)? = nil,
        told: @escaping @Sendable (Round) -> Void
    ) {
        self.id = id
        self.client = client
        self.registry = registry
        self.changed = changed
        state = Mutex(State(told: told, early: early))
    }

    /// How the call is given up.
    func setCancel(_ cancel: @escaping @Sendable () -> Void) {
        let isGivenUp = state.withLock { state in
            guard !state.isOver else { return false }
            state.cancel = cancel
            return state.isGivenUp
        }
        if isGivenUp { cancel() }
    }

    /// The extension asks.
    func ask(_ ask: MCPAsk) {
        guard client.canAnswer(ask.method), state.withLock(\.isTask) || registry.park(self) else {
            return ask.refuse(
                MCPFailure(
                    code: MCPErrorCode.methodNotFound.rawValue,
                    message: "the client does not offer '\(ask.method.clipped(80))' now"
                )
            )
        }
        let early = state.withLock { state -> [UInt8]? in
            let kind = String(ask.method.prefix { $0 != "/" })
            state.counts[kind, default: 0] += 1
            let key = "\(kind)-\(state.counts[kind] ?? 1)"
            if let answer = state.early.removeValue(forKey: key) { return answer }
            state.asks.append(Question(key: key, ask: ask))
            planTelling(&state)
            return nil
        }
        if let early { ask.answer(early) } else { changed?() }
    }

    /// The call is over.
    func finish(_ result: Result<MCPWork.Outcome, any Error>) {
        let (told, cancel) = state.withLock { state in
            defer {
                state.told = nil
                state.cancel = nil
            }
            state.isOver = true
            if state.told == nil { state.result = result }
            state.asks = []
            return (state.told, state.cancel)
        }
        // What it would have been given up with holds the call; it goes here, outside of the lock.
        withExtendedLifetime(cancel) {}
        guard let told else { return changed?() ?? () }
        registry.forget(id)
        told(.result(result))
    }

    /// The client is back with answers; the number of the round, and nil when it is here already.
    func resume(_ answers: [String: [UInt8]], told: @escaping @Sendable (Round) -> Void) -> Int? {
        enum Next {
            case refuse, wait
            case result(Result<MCPWork.Outcome, any Error>)
        }
        var given: [(MCPAsk, [UInt8])] = []
        var round = 0
        let next = state.withLock { state -> Next in
            guard state.told == nil, !state.isTask else { return .refuse }
            if let result = state.result { return .result(result) }
            state.told = told
            state.round += 1
            state.waitsSince = nil
            round = state.round
            state.asks.removeAll { question in
                guard let answer = answers[question.key] else { return false }
                given.append((question.ask, answer))
                return true
            }
            if !state.asks.isEmpty { planTelling(&state) }
            return .wait
        }
        switch next {
        case .refuse: return nil
        case .wait:
            for (ask, answer) in given { ask.answer(answer) }
        case .result(let result):
            registry.forget(id)
            told(.result(result))
        }
        return round
    }

    /// Where it is, for a call that goes on as a task.
    struct Progress: Sendable {
        let questions: [Question]
        let result: Result<MCPWork.Outcome, any Error>?
    }

    var progress: Progress { state.withLock { Progress(questions: $0.asks, result: $0.result) } }

    /// Goes on as a task, unless it is over or asks something; the client is told so.
    func becomeTask(_ keep: (ParkedCall) -> Bool) {
        let told = state.withLock { state -> (@Sendable (Round) -> Void)? in
            guard let told = state.told, state.asks.isEmpty, keep(self) else { return nil }
            state.told = nil
            state.isTask = true
            return told
        }
        if told != nil { registry.forget(id) }
        told?(.task(id))
    }

    /// Takes answers to what a task asked; unknown ones are ignored.
    func answer(_ answers: [String: [UInt8]]) {
        var given: [(MCPAsk, [UInt8])] = []
        state.withLock { state in
            state.asks.removeAll { question in
                guard let answer = answers[question.key] else { return false }
                given.append((question.ask, answer))
                return true
            }
        }
        for (ask, answer) in given { ask.answer(answer) }
        changed?()
    }

    /// The client hung up: that ends the call unless it waits for the client.
    func hungUp(_ round: Int) {
        let cancel = state.withLock { $0.told == nil || $0.round != round ? nil : $0.cancel }
        cancel?()
    }

    /// Whether the client was asked so long ago and has not come back.
    func isAbandoned(for patience: Duration) -> Bool {
        state.withLock { $0.waitsSince.map { .now - $0 >= patience } ?? false }
    }

    /// Nobody will come back.
    func giveUp() {
        let (asks, cancel) = state.withLock { state in
            state.isGivenUp = true
            defer { state.asks = [] }
            return (state.asks, state.cancel)
        }
        for question in asks {
            question.ask.refuse(
                MCPFailure(code: MCPErrorCode.internalError.rawValue, message: "the client did not answer")
            )
        }
        cancel?()
    }

    private func planTelling(_ state: inout State) {
        guard state.told != nil, !state.isTellingPlanned else { return }
        state.isTellingPlanned = true
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.gathering) { [self] in tellQuestions() }
    }

    private func tellQuestions() {
        let (told, asks) = state.withLock { state -> ((@Sendable (Round) -> Void)?, [Question]) in
            state.isTellingPlanned = false
            guard !state.asks.isEmpty else { return (nil, []) }
            state.waitsSince = .now
            defer { state.told = nil }
            return (state.told, state.asks)
        }
        told?(.questions(asks, of: id))
    }
}

import HeddleModel
import JSON
import NIOCore

/// The end of an extension's pipes: matches answers to calls, and answers what the extension asks.
///
/// All state is confined to the channel's event loop. A late, doubled or unknown answer finds no call and is counted.
final class MCPPipeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limits: MCPLimits
    private let delegate: MCPDelegate
    private let strays: MCPStrayCounter
    private var splitter: LineSplitter
    private var calls: [Int: MCPCall] = [:]
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var timerDeadline = NIODeadline.distantFuture
    private var isFlushPlanned = false
    /// Bytes that were sent while the extension was behind with reading, and are not read yet.
    private var unreadBytes = 0
    private var lastRead = NIODeadline.now()
    private var nextAsk = 0
    /// Requests that only end when nobody listens any more.
    private var listens: Set<Int> = []
    private var closeReason: String?
    private var closeCode = HeddleError.Code.extensionCrashed

    init(limits: MCPLimits, delegate: MCPDelegate, strays: MCPStrayCounter) {
        self.limits = limits
        self.delegate = delegate
        self.strays = strays
        splitter = LineSplitter(maximumLine: limits.messageBytes, maximumSkipped: limits.skippedBytes)
    }

    // MARK: The channel's life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.extensionCrashed, "the extension's process ended")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.extensionCrashed, "the pipe to the extension broke")
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            fail(.extensionCrashed, "the extension closed its output")
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Ends every call with an error and takes no new ones.
    private func fail(_ code: HeddleError.Code, _ reason: String) {
        guard closeReason == nil else { return }
        closeReason = reason
        closeCode = code
        timer?.cancel()
        timer = nil
        let ended = calls.values.sorted { $0.id < $1.id }
        calls.removeAll()
        // First of all, so that a call that is made again does not find this connection once more.
        delegate.closed(reason)
        let error = HeddleError(code, reason, details: ["connection": "ended"])
        for call in ended { call.finish(.failure(error)) }
    }

    private func giveUp(_ reason: String) {
        fail(.extensionProtocol, reason)
        context?.close(promise: nil)
    }

    // MARK: Calls

    /// Sends a request; the call's completion gets the one answer.
    func send(_ call: MCPCall, _ message: ByteBuffer) {
        if isStuckInHalfALine { giveUp("the extension stopped in the middle of a message") }
        if isDeaf { giveUp("the extension does not read what it is sent") }
        if call.isCancelled {
            call.finish(.failure(HeddleError(.cancelled, "the caller went away")))
        } else if let closeReason {
            call.finish(.failure(HeddleError(closeCode, closeReason, details: ["sent": "false"])))
        } else if let refusal = refusal() {
            call.finish(.failure(refusal))
        } else {
            calls[call.id] = call
            write(message)
            plan(call.deadline)
        }
    }

    private func refusal() -> HeddleError? {
        if calls.count >= limits.callsInFlight {
            return HeddleError(
                .tooManyRequests,
                "the extension has \(limits.callsInFlight) calls under way already",
                details: ["limit": "calls_in_flight", "value": String(limits.callsInFlight)]
            )
        }
        guard unreadBytes > limits.unreadBytes else { return nil }
        return HeddleError(
            .tooManyRequests,
            "the extension is behind with reading what it was sent",
            details: ["limit": "unread_bytes", "value": String(limits.unreadBytes)]
        )
    }

    /// Whether the extension reads nothing and works on nothing: all that it was sent was given up since.
    private var isDeaf: Bool {
        guard calls.isEmpty, closeReason == nil, unreadBytes > 0 else { return false }
        return NIODeadline.now() - lastRead > .seconds(1)
    }

    /// Whether the extension began to answer a call that was given up since, and went silent before the line's end.
    ///
    /// The next answer would end that line and be lost with it, so the process is replaced before it is asked. One that
    /// is still sending, or works on other calls, is left alone.
    private var isStuckInHalfALine: Bool {
        guard calls.isEmpty, closeReason == nil, let partial = splitter.partial else { return false }
        return NIODeadline.now() - lastRead > .milliseconds(200) && MCPEncoding.leadingID(partial[...]) != nil
    }

    /// Sends a request whose answer says nothing.
    func listen(_ id: Int, _ message: ByteBuffer) {
        listens.insert(id)
        notify(message)
    }

    func stopListening(_ id: Int) {
        guard listens.remove(id) != nil else { return }
        notify(MCPEncoding.cancelled(id, reason: "nobody listens any more"))
    }

    /// Sends a message that gets no answer.
    func notify(_ message: ByteBuffer) {
        guard closeReason == nil else { return }
        write(message)
    }

    /// The caller went away: forget the call and tell the extension.
    func cancel(_ call: MCPCall) {
        call.isCancelled = true
        guard let known = calls[call.id], known === call else { return }
        abandon(call, with: HeddleError(.cancelled, "the caller went away"))
    }

    private func abandon(_ call: MCPCall, with error: HeddleError) {
        calls[call.id] = nil
        if call.isCancellable { notify(MCPEncoding.cancelled(call.id, reason: error.message)) }
        call.finish(.failure(error))
    }

    private func write(_ message: ByteBuffer) {
        guard let context else { return }
        // Counted only when the pipe is full: a promise for each message would cost more than the message.
        let written = context.channel.isWritable ? nil : context.eventLoop.makePromise(of: Void.self)
        if let written {
            let length = message.readableBytes
            unreadBytes += length
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            written.futureResult.whenComplete { _ in bound.value.unreadBytes -= length }
        }
        context.write(wrapOutboundOut(message), promise: written)
        guard !isFlushPlanned else { return }
        isFlushPlanned = true
        // Calls that arrive in the same turn of the loop leave in one system call.
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let (handler, context) = bound.value
            handler.isFlushPlanned = false
            context.flush()
        }
    }

    // MARK: Deadlines

    /// One timer serves all calls: it is set for the earliest deadline it knew, and looks again when it fires.
    private func plan(_ deadline: NIODeadline) {
        guard deadline < timerDeadline, let context else { return }
        timer?.cancel()
        timerDeadline = deadline
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) { bound.value.expire() }
    }

    private func expire() {
        timer = nil
        timerDeadline = .distantFuture
        let now = NIODeadline.now()
        for call in calls.values where call.deadline <= now {
            // A person who does not answer says nothing of the extension.
            let error =
                call.asks.isEmpty
                ? HeddleError(.deadlineExceeded, "the extension did not answer in time")
                : HeddleError(.cancelled, "the client did not answer what the extension asked")
            abandon(call, with: error)
        }
        if let next = calls.values.map(\.deadline).min() { plan(next) }
    }

    // MARK: Messages

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard closeReason == nil else { return }
        var piece = unwrapInboundIn(data)
        splitter.append(&piece)
        lastRead = .now()
        while closeReason == nil, let event = splitter.next() {
            switch event {
            case .line(let line): receive(line)
            case .oversized(let prefix): refuseOversized(prefix)
            case .overflow: giveUp("the extension sent a line of more than \(limits.skippedBytes) bytes")
            }
        }
    }

    private func receive(_ line: [UInt8]) {
        guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
        guard first == UInt8(ascii: "{") else { return countStray() }
        do throws(JSONError) {
            let document = try JSONDocument(line)
            guard let message = MCPMessage(document.root) else { return refuseAnswer(document.root) }
            handle(message)
        } catch {
            refuseMalformed(line, error)
        }
    }

    private func handle(_ message: MCPMessage) {
        switch message {
        case .result(let id, let result): answer(id, .result(result))
        case .failure(let id, let failure):
            guard let id else { return countStray() }
            answer(id, .failure(failure))
        case .notification(let method, let params): note(method, params)
        case .request(let id, let method, let params):
            // One that asks and does not read the answers would fill the memory with them.
            guard unreadBytes <= limits.unreadBytes else {
                return giveUp("the extension asks without reading the answers")
            }
            // Roots are the folders that the extension may see; without any, those of the client at least have names.
            let isForClient =
                method == "roots/list" && delegate.roots.isEmpty && calls.values.contains { $0.port?.ask != nil }
            if !isForClient, let reply = MCPEncoding.reply(id, method, delegate) { return notify(reply) }
            ask(id, method, params)
        }
    }

    /// Asks the client behind the call that is meant.
    private func ask(_ id: JSONView, _ method: String, _ params: JSONView?) {
        let candidates = calls.values.filter(\.isForClient)
        guard candidates.contains(where: { $0.port?.ask != nil }), let loop = context?.eventLoop else {
            return notify(MCPEncoding.answer(id, .failure(MCPEncoding.refusal(of: method))))
        }
        guard let call = addressee(among: candidates), let asked = call.port?.ask, call.asks.count < limits.openAsks
        else {
            delegate.askedAmbiguously()
            let failure = MCPFailure(code: MCPErrorCode.internalError.rawValue, message: "it is not clear who is asked")
            return notify(MCPEncoding.answer(id, .failure(failure)))
        }
        nextAsk += 1
        let number = nextAsk
        let bound = NIOLoopBound((self, call), eventLoop: loop)
        let ask = MCPAsk(method: method, params: params) { outcome in
            loop.execute {
                let (handler, call) = bound.value
                call.resume(number)
                handler.notify(MCPEncoding.answer(id, outcome))
                handler.plan(call.deadline)
            }
        }
        call.pause(for: ask, number, atMost: limits.patience)
        plan(call.deadline)
        asked(ask)
    }

    private func answer(_ id: JSONView, _ outcome: MCPOutcome) {
        guard let number = id.integer, let call = calls.removeValue(forKey: number) else {
            if let number = id.integer, listens.remove(number) != nil { return }
            delegate.lateAnswer()
            return strays.countUnmatched()
        }
        call.finish(.success(outcome))
    }

    private func note(_ method: String, _ params: JSONView?) {
        switch method {
        case "notifications/progress":
            guard let params, let token = params["progressToken"]?.integer, let call = calls[token] else { return }
            call.extend()
            call.progress?(params)
        case "notifications/message":
            let data = params?["data"]
            let text = data?.string ?? data.map { String(decoding: $0.bytes.prefix(4097), as: UTF8.self) } ?? ""
            delegate.log((params?["level"]?.string ?? "info").clipped(16), text.clipped(4096))
            // Like a question, a message says to nobody in particular what it says.
            if let params { addressee(among: calls.values.filter(\.isForClient))?.port?.log?(params) }
        case "notifications/tools/list_changed":
            delegate.toolsChanged()
        default:
            delegate.notified(method, params)
        }
    }

    /// The call that a question or a message belongs to; nil when it may be several.
    ///
    /// Over pipes a request does not say so. Calls for which nobody can be asked count as well: a question may be theirs, and what
    /// one client is asked is not to be shown to another. Most tools wait for the answer, so that within one conversation those
    /// that have none are meant last.
    private func addressee(among candidates: [MCPCall]) -> MCPCall? {
        guard let latest = candidates.max(by: { $0.id < $1.id }) else { return nil }
        let isOne = candidates.allSatisfy { call in
            call === latest || call.port?.conversation.map { $0 == latest.port?.conversation } ?? false
        }
        if isOne { return candidates.filter(\.asks.isEmpty).max { $0.id < $1.id } ?? latest }
        // Calls that wait for an answer already are asked nothing else by most extensions.
        let free = candidates.filter(\.asks.isEmpty)
        return free.count == 1 ? free.first : nil
    }

    // MARK: Messages that cannot be taken

    private func countStray() {
        guard strays.countStray() <= limits.strayLines else {
            return giveUp("the extension printed more than \(limits.strayLines) lines that are no messages")
        }
    }

    /// JSON that answers a call, but is no JSON-RPC response.
    private func refuseAnswer(_ view: JSONView) {
        guard view.kind == .object, view["method"] == nil, let id = view["id"]?.integer,
            let call = calls.removeValue(forKey: id)
        else { return countStray() }
        call.finish(.failure(HeddleError(.extensionProtocol, "the extension's answer is no JSON-RPC 2.0 response")))
    }

    /// An answer that is broken JSON still names its call, if its beginning can be read.
    ///
    /// A message that names none of the calls under way may have swallowed the answer to one of them, so that none of
    /// them can be trusted to end before its deadline: the process is given up, and the next call starts a new one.
    private func refuseMalformed(_ line: [UInt8], _ error: JSONError) {
        guard let id = MCPEncoding.leadingID(line.prefix(1024)) else { return countStray() }
        guard let call = calls.removeValue(forKey: id) else {
            return giveUp("the extension sent half a message with another one behind it")
        }
        call.finish(
            .failure(HeddleError(.extensionProtocol, "the extension's answer is not acceptable JSON: \(error)"))
        )
    }

    private func refuseOversized(_ prefix: [UInt8]) {
        guard let id = MCPEncoding.leadingID(prefix[...]), let call = calls.removeValue(forKey: id) else {
            return countStray()
        }
        call.finish(
            .failure(
                HeddleError(
                    .extensionProtocol,
                    "the extension's answer is larger than \(limits.messageBytes) bytes",
                    details: ["limit": "message_bytes", "value": String(limits.messageBytes)]
                )
            )
        )
    }
}

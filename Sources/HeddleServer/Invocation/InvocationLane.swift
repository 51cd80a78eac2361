import HTTPTypes
import HeddleCoordination
import HeddleExtensions
import HeddleModel
import JSON
import NIOCore
import NIOHTTP1

/// Answers calls of capabilities straight on the connection's event loop, over REST and over MCP.
///
/// The road through the router makes several tasks and thread changes for a request, which costs more than the whole
/// call of a quick tool. This lane makes the same checks in the same order and shares their code; what it does not
/// recognise, it leaves to the router. Requests of one connection are answered in the order in which they came.
///
/// It stands right behind the decoder and writes whole answers past the encoder, since each handler on the way costs as much as
/// a look at the registry. It therefore also does what those behind it cannot do for requests that they never see: it closes
/// connections that are idle, and lets those that are to be closed end their calls.
final class InvocationLane: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// Between requests.
        case idle
        /// The router has this many requests to answer. Goes to `idle` with the end of the last answer.
        case passing(Int)
        /// A call's body is arriving. Goes to `calling`.
        case collecting(LaneRequest, HTTPRequestHead, [UInt8])
        /// A call is under way; `cancel` gives it up. Goes to `idle` with its answer.
        case calling(number: Int, cancel: @Sendable () -> Void)
    }

    /// Bodies above this many bytes take the other road, where they are read with back-pressure.
    private static let largestBody = 1 << 20
    /// Answers up to this many bytes leave in one piece with their head.
    private static let largestPiece = 16 << 10

    private var door: Door.Copy
    private let services: ServerServices
    private let mcp: MCPEndpoint
    private var state = State.idle
    private var calls = 0
    /// What came while it could not be taken.
    private var held: CircularBuffer<HTTPServerRequestPart> = []
    private var heldError: (any Error)?
    private var isReadHeld = false
    private var isGoingOn = false
    private var date = HTTPDate()
    /// Where an answer is put that is encoded already.
    private var encoder: ChannelHandlerContext?
    /// The server wants to close the connection once nothing is under way.
    private var quiescing: Any?
    private var idle: LaneIdleTimer

    init(door: Door, services: ServerServices, mcp: MCPEndpoint, idleTimeout: TimeAmount) {
        self.door = Door.Copy(door)
        self.services = services
        self.mcp = mcp
        idle = LaneIdleTimer(timeout: idleTimeout)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
        watchIdle(context)
    }

    /// Looks again when the connection may have been idle for too long.
    private func watchIdle(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        idle.schedule(on: context.eventLoop) {
            let (lane, context) = bound.value
            // A request that stops in the middle is idle too, an answer that takes its time is not.
            if lane.idle.isOver, !lane.isAnswering { return context.close(promise: nil) }
            lane.watchIdle(context)
        }
    }

    private var isAnswering: Bool {
        switch state {
        case .idle, .collecting: !held.isEmpty
        case .passing: !idle.isReading
        case .calling: true
        }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        idle.read(part)
        guard isBlocked(context) || !held.isEmpty else { return take(part, context) }
        held.append(part)
    }

    /// Whether the next request has to wait: for the answer to the last one, or for a client that does not read.
    private func isBlocked(_ context: ChannelHandlerContext) -> Bool {
        switch state {
        case .calling: true
        case .idle: !context.channel.isWritable
        case .passing, .collecting: false
        }
    }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.idle, .head(let head)):
            // Whoever may not come in is told by the router, before the body is read.
            if let fields = LaneFields(head), let road = LaneRequest(head, fields, largestBody: Self.largestBody),
                door.admits(fields, isMCP: road.isMCP)
            {
                state = .collecting(road, head, [])
            } else {
                state = .passing(1)
                context.fireChannelRead(wrapInboundOut(part))
            }
        case (.collecting(let road, let head, var bytes), .body(let piece)):
            state = .idle
            bytes.append(contentsOf: piece.readableBytesView)
            state = .collecting(road, head, bytes)
        case (.collecting(.capability(let target), let head, let bytes), .end):
            call(target, head, bytes, context)
        case (.collecting(.mcp(let scope), let head, let bytes), .end):
            guard callTool(scope, head, bytes, context) else { return pass(head, bytes, part, context) }
        case (.collecting(.context(let id), let head, let bytes), .end):
            guard let answer = services.contexts.cache.context(id, .local) else {
                return pass(head, bytes, part, context)
            }
            show(answer, context)
        case (.passing(let count), .head):
            state = .passing(count + 1)
            context.fireChannelRead(wrapInboundOut(part))
        case (.idle, _), (.passing, _), (.collecting, .head), (.calling, _):
            context.fireChannelRead(wrapInboundOut(part))
        }
    }

    /// Gives the router a request that turned out to be none of ours.
    private func pass(
        _ head: HTTPRequestHead,
        _ bytes: [UInt8],
        _ end: HTTPServerRequestPart,
        _ context: ChannelHandlerContext
    ) {
        state = .passing(1)
        context.fireChannelRead(wrapInboundOut(.head(head)))
        if !bytes.isEmpty {
            context.fireChannelRead(wrapInboundOut(.body(context.channel.allocator.buffer(bytes: bytes))))
        }
        context.fireChannelRead(wrapInboundOut(end))
    }

    /// While something has to wait, nothing more is read.
    func read(context: ChannelHandlerContext) {
        guard !held.isEmpty else { return context.read() }
        isReadHeld = true
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        goOn(context)
        context.fireChannelWritabilityChanged()
    }

    // MARK: Calls

    private func call(
        _ target: InvocationTarget,
        _ head: HTTPRequestHead,
        _ bytes: [UInt8],
        _ context: ChannelHandlerContext
    ) {
        let requestID = RequestID()
        let request: InvocationService.Request
        do {
            try JSONFields.checkType(head.headers.first(name: "content-type"))
            request = try InvocationBody.decode(
                JSONFields.body(bytes, InvocationBody.schema),
                extensionName: target.extensionName,
                capability: target.capability
            )
        } catch {
            return refuse(error, requestID, context)
        }
        begin(context) { [services] told in
            services.invocations.start(.local(origin: .rest, requestID: requestID), request) { result in
                let body = result.map(InvocationBody.encode)
                told { lane, context in
                    switch body {
                    case .success(let buffer): lane.respond(.ok, lane.json, buffer, context)
                    case .failure(let error): lane.refuse(error, requestID, context)
                    }
                }
            }
        }
    }

    /// Answers a message of an MCP client; false when it is no plain call of a tool.
    private func callTool(
        _ scope: MCPScope,
        _ head: HTTPRequestHead,
        _ bytes: [UInt8],
        _ context: ChannelHandlerContext
    ) -> Bool {
        guard (try? JSONFields.checkType(head.headers.first(name: "content-type"))) != nil else { return false }
        switch mcp.plainCall(bytes, scope, LaneFields.forMCP(head), RequestID()) {
        case .answer(let answer): respond(answer.status, answer.fields, ByteBuffer(bytes: answer.bytes), context)
        case .relay(let relay):
            begin(context) { told in
                relay.start { answer in
                    let body = ByteBuffer(bytes: answer.bytes)
                    told { lane, context in lane.respond(answer.status, lane.json, body, context) }
                }
            }
        case .later, .listen, nil: return false
        }
        return true
    }

    /// Answers with a context that is kept in memory.
    private func show(_ answer: ContextCache.Answer, _ context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: 224 + answer.bytes.count)
        buffer.writeStaticString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Cache: hit\r\nETag: \"")
        buffer.writeString(String(answer.version))
        buffer.writeStaticString("\"\r\n")
        writeLength(answer.bytes.count, to: &buffer)
        buffer.writeBytes(answer.bytes)
        finish(buffer, context)
    }

    private typealias Told = @Sendable (@escaping @Sendable (InvocationLane, ChannelHandlerContext) -> Void) -> Void

    /// Begins a call, whose end is told on any thread and answered on ours unless the client is gone by then.
    private func begin(_ context: ChannelHandlerContext, _ start: (@escaping Told) -> @Sendable () -> Void) {
        calls += 1
        let number = calls
        state = .calling(number: number, cancel: {})
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let cancel = start { answer in
            let tell: @Sendable () -> Void = {
                let (lane, context) = bound.value
                guard case .calling(number, _) = lane.state else { return }
                answer(lane, context)
            }
            // What is known at once, such as a kept result, needs no turn of its own.
            if loop.inEventLoop { tell() } else { loop.execute(tell) }
        }
        // Unless it is over, and perhaps the next one has begun.
        if case .calling(number, _) = state { state = .calling(number: number, cancel: cancel) }
    }

    private let json: HTTPFields = [.contentType: "application/json"]

    private func refuse(_ error: any Error, _ requestID: RequestID, _ context: ChannelHandlerContext) {
        let refusal = Door.refusal(error, requestID, services.logger)
        respond(refusal.status, refusal.fields, context.channel.allocator.buffer(bytes: refusal.bytes), context)
    }

    private func respond(
        _ status: HTTPResponse.Status,
        _ fields: HTTPFields,
        _ body: ByteBuffer,
        _ context: ChannelHandlerContext
    ) {
        let isWhole = body.readableBytes <= Self.largestPiece
        var answer = context.channel.allocator.buffer(capacity: 192 + (isWhole ? body.readableBytes : 0))
        if status == .ok {
            answer.writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            answer.writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
        }
        for field in fields { answer.writeString("\(field.name.rawName): \(field.value)\r\n") }
        writeLength(body.readableBytes, to: &answer)
        if isWhole {
            answer.writeImmutableBuffer(body)
        } else {
            encoder?.write(NIOAny(IOData.byteBuffer(answer)), promise: nil)
            answer = body
        }
        finish(answer, context)
    }

    /// The end of the head of an answer.
    private func writeLength(_ count: Int, to buffer: inout ByteBuffer) {
        buffer.writeStaticString("Content-Length: ")
        buffer.writeString(String(count))
        buffer.writeStaticString("\r\nDate: ")
        buffer.writeString(date.text)
        buffer.writeStaticString("\r\n\r\n")
    }

    /// Sends the last piece of an answer, and goes on.
    private func finish(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
        encoder?.writeAndFlush(NIOAny(IOData.byteBuffer(piece)), promise: nil)
        idle.touch()
        state = .idle
        goOn(context)
    }

    /// Takes what came in the meantime, up to the next call.
    private func goOn(_ context: ChannelHandlerContext) {
        // A call that fails at once comes back here; the loop below is then still at work.
        guard !isGoingOn else { return }
        isGoingOn = true
        var hasTaken = false
        while !isBlocked(context), let part = held.popFirst() {
            take(part, context)
            hasTaken = true
        }
        isGoingOn = false
        if hasTaken { context.fireChannelReadComplete() }
        if held.isEmpty, !isBlocked(context), let error = heldError {
            heldError = nil
            context.fireErrorCaught(error)
        }
        if let event = quiescing, case .idle = state, held.isEmpty {
            quiescing = nil
            context.fireUserInboundEventTriggered(event)
        }
        guard isReadHeld, held.isEmpty else { return }
        isReadHeld = false
        context.read()
    }

    // MARK: The other road

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        idle.touch()
        if case .passing(let count) = state, case .end = unwrapOutboundIn(data) {
            state = count > 1 ? .passing(count - 1) : .idle
        }
        context.write(data, promise: promise)
    }

    // MARK: Clients that hang up

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (event, state) {
        case (is ChannelShouldQuiesceEvent, .collecting), (is ChannelShouldQuiesceEvent, .calling): quiescing = event
        case (is ChannelShouldQuiesceEvent, _) where !held.isEmpty: quiescing = event
        case (ChannelEvent.inputClosed, _):
            giveUp()
            context.fireUserInboundEventTriggered(event)
        case _: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        giveUp()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        giveUp()
        idle.cancel()
        encoder = nil
    }

    /// What cannot be read is refused after what could be, not in the place of its answer.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard isBlocked(context) || !held.isEmpty else { return context.fireErrorCaught(error) }
        heldError = error
    }

    /// Nobody is there to be told: the call under way is cancelled, and those behind it are not begun.
    private func giveUp() {
        held.removeAll()
        heldError = nil
        guard case .calling(_, let cancel) = state else { return }
        cancel()
    }
}

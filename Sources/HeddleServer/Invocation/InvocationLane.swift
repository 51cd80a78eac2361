import HTTPTypes
import HeddleExtensions
import HeddleModel
import JSON
import NIOCore
import NIOHTTPTypes

/// Answers calls of capabilities straight on the connection's event loop, over REST and over MCP.
///
/// The road through the router makes several tasks and thread changes for a request, which costs more than the whole
/// call of a quick tool. This lane makes the same checks in the same order and shares their code; what it does not
/// recognise, it leaves to the router. Requests of one connection are answered in the order in which they came.
final class InvocationLane: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum State {
        /// Between requests.
        case idle
        /// The router has this many requests to answer. Goes to `idle` with the end of the last answer.
        case passing(Int)
        /// A call's body is arriving. Goes to `calling`.
        case collecting(LaneRequest, HTTPRequest, [UInt8])
        /// A call is under way; `cancel` gives it up. Goes to `idle` with its answer.
        case calling(number: Int, cancel: @Sendable () -> Void)
    }

    /// Bodies above this many bytes take the other road, where they are read with back-pressure.
    private static let largestBody = 1 << 20

    private var door: Door.Copy
    private let services: ServerServices
    private let mcp: MCPEndpoint
    private var state = State.idle
    private var calls = 0
    /// What came while it could not be taken.
    private var held: CircularBuffer<HTTPRequestPart> = []
    private var heldError: (any Error)?
    private var isReadHeld = false
    private var isGoingOn = false
    private var date = HTTPDate()

    init(door: Door, services: ServerServices, mcp: MCPEndpoint) {
        self.door = Door.Copy(door)
        self.services = services
        self.mcp = mcp
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isBlocked(context) || !held.isEmpty else { return take(unwrapInboundIn(data), context) }
        held.append(unwrapInboundIn(data))
    }

    /// Whether the next request has to wait: for the answer to the last one, or for a client that does not read.
    private func isBlocked(_ context: ChannelHandlerContext) -> Bool {
        switch state {
        case .calling: true
        case .idle: !context.channel.isWritable
        case .passing, .collecting: false
        }
    }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.idle, .head(let head)):
            // Whoever may not come in is told by the router, before the body is read.
            if let fields = LaneFields(head), let road = LaneRequest(head, fields, largestBody: Self.largestBody),
                door.admits(fields, head)
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
        case (.collecting(.mcp, let head, let bytes), .end):
            guard callTool(head, bytes, context) else { return pass(head, bytes, part, context) }
        case (.passing(let count), .head):
            state = .passing(count + 1)
            context.fireChannelRead(wrapInboundOut(part))
        case (.idle, _), (.passing, _), (.collecting, .head), (.calling, _):
            context.fireChannelRead(wrapInboundOut(part))
        }
    }

    /// Gives the router a request that turned out to be none of ours.
    private func pass(
        _ head: HTTPRequest,
        _ bytes: [UInt8],
        _ end: HTTPRequestPart,
        _ context: ChannelHandlerContext
    ) {
        state = .passing(1)
        context.fireChannelRead(wrapInboundOut(.head(head)))
        context.fireChannelRead(wrapInboundOut(.body(context.channel.allocator.buffer(bytes: bytes))))
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
        _ head: HTTPRequest,
        _ bytes: [UInt8],
        _ context: ChannelHandlerContext
    ) {
        let requestID = RequestID()
        let request: InvocationService.Request
        do {
            try JSONFields.checkType(head.headerFields[.contentType])
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
    private func callTool(_ head: HTTPRequest, _ bytes: [UInt8], _ context: ChannelHandlerContext) -> Bool {
        switch mcp.plainCall(bytes, head.headerFields, RequestID()) {
        case nil: return false
        case .answer(let answer): respond(answer.status, answer.fields, ByteBuffer(bytes: answer.bytes), context)
        case .call(let call):
            begin(context) { told in
                call.start { message in
                    let body = ByteBuffer(bytes: message)
                    told { lane, context in lane.respond(.ok, lane.json, body, context) }
                }
            }
        }
        return true
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
        var response = HTTPResponse(status: status, headerFields: fields)
        response.headerFields.append(HTTPField(name: .contentLength, value: String(body.readableBytes)))
        response.headerFields.append(HTTPField(name: .date, value: date.text))
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
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
        guard isReadHeld, held.isEmpty else { return }
        isReadHeld = false
        context.read()
    }

    // MARK: The other road

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .passing(let count) = state, case .end = unwrapOutboundIn(data) {
            state = count > 1 ? .passing(count - 1) : .idle
        }
        context.write(data, promise: promise)
    }

    // MARK: Clients that hang up

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { giveUp() }
        context.fireUserInboundEventTriggered(event)
    }

    /// The end of a connection that broke: the handler before this one keeps `channelInactive` to itself.
    func handlerRemoved(context: ChannelHandlerContext) {
        giveUp()
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

import HTTPTypes
import HeddleExtensions
import HeddleModel
import JSON
import NIOCore
import NIOHTTPTypes

/// Answers calls of capabilities straight on the connection's event loop.
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
        case collecting(InvocationTarget, HTTPRequest, [UInt8])
        /// A call is under way; `cancel` gives it up. Goes to `idle` with its answer.
        case calling(number: Int, cancel: @Sendable () -> Void)
    }

    /// Bodies above this many bytes take the other road, where they are read with back-pressure.
    private static let largestBody = 1 << 20

    private var door: Door.Copy
    private let services: ServerServices
    private var state = State.idle
    private var calls = 0
    /// What came while it could not be taken.
    private var held: CircularBuffer<HTTPRequestPart> = []
    private var heldError: (any Error)?
    private var isReadHeld = false
    private var isGoingOn = false
    private var date = HTTPDate()

    init(door: Door, services: ServerServices) {
        self.door = Door.Copy(door)
        self.services = services
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
            if let target = InvocationTarget(head, largestBody: Self.largestBody), (try? door.admit(head)) != nil {
                state = .collecting(target, head, [])
            } else {
                state = .passing(1)
                context.fireChannelRead(wrapInboundOut(part))
            }
        case (.collecting(let target, let head, var bytes), .body(let piece)):
            state = .idle
            bytes.append(contentsOf: piece.readableBytesView)
            state = .collecting(target, head, bytes)
        case (.collecting(let target, let head, let bytes), .end):
            call(target, head, bytes, context)
        case (.passing(let count), .head):
            state = .passing(count + 1)
            context.fireChannelRead(wrapInboundOut(part))
        case (.idle, _), (.passing, _), (.collecting, .head), (.calling, _):
            context.fireChannelRead(wrapInboundOut(part))
        }
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
        calls += 1
        let number = calls
        state = .calling(number: number, cancel: {})
        let request: InvocationService.Request
        do {
            try JSONFields.checkType(head.headerFields[.contentType])
            request = try InvocationBody.decode(
                JSONFields.body(bytes, InvocationBody.schema),
                extensionName: target.extensionName,
                capability: target.capability
            )
        } catch {
            return respond(.failure(error), requestID, context)
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let cancel = services.invocations.start(.local(origin: .rest, requestID: requestID), request) { result in
            let body = result.map(InvocationBody.encode)
            loop.execute {
                let (lane, context) = bound.value
                guard case .calling(number, _) = lane.state else { return }
                lane.respond(body, requestID, context)
            }
        }
        state = .calling(number: number, cancel: cancel)
    }

    private func respond(
        _ result: Result<ByteBuffer, any Error>,
        _ requestID: RequestID,
        _ context: ChannelHandlerContext
    ) {
        var response = HTTPResponse(status: .ok, headerFields: [.contentType: "application/json"])
        let body: ByteBuffer
        switch result {
        case .success(let buffer):
            body = buffer
        case .failure(let error):
            let refusal = Door.refusal(error, requestID, services.logger)
            response.status = refusal.status
            response.headerFields = refusal.fields
            body = context.channel.allocator.buffer(bytes: refusal.bytes)
        }
        response.headerFields[.contentLength] = String(body.readableBytes)
        response.headerFields[.date] = date.text
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

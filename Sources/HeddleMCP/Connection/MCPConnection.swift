import HeddleModel
package import JSON
import NIOCore
import NIOPosix
import Synchronization

/// The conversation with one extension process over its standard input and output.
///
/// Calls are multiplexed by id; each gets exactly one answer or error, whatever the process does.
package final class MCPConnection: Sendable {
    let limits: MCPLimits
    private let channel: any Channel
    private let handler: NIOLoopBound<MCPPipeHandler>
    private let nextID = Atomic<Int>(1)
    /// What was sent and nobody asked for.
    package let strays: MCPStrayCounter

    private init(
        limits: MCPLimits,
        channel: any Channel,
        handler: NIOLoopBound<MCPPipeHandler>,
        strays: MCPStrayCounter
    ) {
        self.limits = limits
        self.channel = channel
        self.handler = handler
        self.strays = strays
    }

    /// Takes over the two pipe ends of a process, the one that writes to it and the one that reads from it.
    ///
    /// They are closed with the connection.
    ///
    /// - Throws: what NIO throws when an end is no pipe.
    package static func open(
        standardInput: Int32,
        standardOutput: Int32,
        limits: MCPLimits = MCPLimits(),
        delegate: MCPDelegate = MCPDelegate()
    ) async throws -> MCPConnection {
        let strays = MCPStrayCounter()
        let group = MultiThreadedEventLoopGroup.singleton
        let loop = group.next()
        let handler =
            try await loop.submit {
                NIOLoopBound(MCPPipeHandler(limits: limits, delegate: delegate, strays: strays), eventLoop: loop)
            }
            .get()
        let channel = try await NIOPipeBootstrap(group: loop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 8192, maximum: 1 << 20)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            .takingOwnershipOfDescriptors(input: standardOutput, output: standardInput)
            .get()
        return MCPConnection(limits: limits, channel: channel, handler: handler, strays: strays)
    }

    /// Calls a tool.
    ///
    /// The arguments are an object, spliced in as it was sent. `timeout` is how long the call may go without an answer or
    /// progress, and `maximumTimeout` bounds it with progress. `progress` gets each notification's parameters, on the
    /// event loop.
    ///
    /// - Throws: ``HeddleError`` with `deadlineExceeded`, `cancelled`, `extensionCrashed`, `extensionProtocol` or
    ///   `tooManyRequests`.
    package func callTool(
        _ tool: String,
        arguments: JSONView?,
        era: MCPEra,
        timeout: Duration,
        maximumTimeout: Duration? = nil,
        progress: (@Sendable (JSONView) -> Void)? = nil
    ) async throws -> MCPOutcome {
        let times = Times(timeout, maximumTimeout)
        let message = MCPToolRequest(tool: tool, arguments: arguments)
        let (call, bytes) = makeCall(message, era, times, nil, progress)
        return try await run(call, bytes)
    }

    /// Calls a tool without suspending: `completion` is told the answer once, on the connection's event loop.
    ///
    /// It is the same call as ``callTool(_:arguments:era:timeout:maximumTimeout:progress:)`` for callers that live on an
    /// event loop themselves, where a task for each call would cost more than the call.
    package func startTool(
        _ request: MCPToolRequest,
        era: MCPEra,
        timeout: Duration,
        maximumTimeout: Duration? = nil,
        port: MCPClientPort? = nil,
        progress: (@Sendable (JSONView) -> Void)? = nil,
        completion: @escaping @Sendable (Result<MCPOutcome, any Error>) -> Void
    ) -> MCPCallHandle {
        let (call, message) = makeCall(request, era, Times(timeout, maximumTimeout), port, progress)
        call.completion = completion
        let box = UncheckedCall(call: call)
        channel.eventLoop.execute { [handler] in handler.value.send(box.call, message) }
        return MCPCallHandle { [channel, handler] in
            channel.eventLoop.execute { handler.value.cancel(box.call) }
        }
    }

    /// How long a call may take without progress, and in all.
    private struct Times {
        let timeout: Duration
        let maximum: Duration

        init(_ timeout: Duration, _ maximum: Duration?) {
            self.timeout = timeout
            self.maximum = maximum ?? timeout
        }
    }

    private func makeCall(
        _ request: MCPToolRequest,
        _ era: MCPEra,
        _ times: Times,
        _ port: MCPClientPort?,
        _ progress: (@Sendable (JSONView) -> Void)?
    ) -> (MCPCall, ByteBuffer) {
        let id = takeID()
        let message = MCPEncoding.toolCall(
            id: id,
            tool: request.tool,
            arguments: request.arguments,
            extra: era == .modern ? request.extra : [],
            era: era,
            port: port,
            wantsProgress: progress != nil
        )
        let call = MCPCall(
            id: id,
            timeout: times.timeout,
            maximumTimeout: times.maximum,
            isCancellable: true,
            port: port,
            isForClient: true,
            progress: progress
        )
        return (call, message)
    }

    /// Sends any other request; `params` are the members inside its braces, without `_meta` and line breaks.
    ///
    /// - Throws: as ``callTool(_:arguments:era:timeout:maximumTimeout:progress:)``.
    package func request(
        _ method: String,
        params: [UInt8] = [],
        era: MCPEra,
        timeout: Duration,
        port: MCPClientPort? = nil,
        progress: (@Sendable (JSONView) -> Void)? = nil
    ) async throws -> MCPOutcome {
        let id = takeID()
        let call = MCPCall(
            id: id,
            timeout: timeout,
            maximumTimeout: timeout,
            // `initialize` must not be cancelled by a message.
            isCancellable: method != "initialize" && method != "server/discover",
            port: port,
            isForClient: port != nil,
            progress: progress
        )
        let message = MCPEncoding.request(
            id: id,
            method: method,
            params: params,
            era: era,
            port: port,
            wantsProgress: progress != nil
        )
        return try await run(call, message)
    }

    /// Lets a server of the modern era tell of what changes, for as long as it runs or until ``stopListening(_:)``.
    ///
    /// - Parameters:
    ///   - abilities: What it can tell of.
    ///   - uris: The resources whose changes are wanted.
    /// - Returns: The id of the request.
    package func listen(_ abilities: MCPAbilities, _ uris: Set<String>) -> Int {
        let id = takeID()
        let filter: JSONValue = [
            "toolsListChanged": .bool(abilities.contains(.toolsListChanged)),
            "promptsListChanged": .bool(abilities.contains(.promptsListChanged)),
            "resourcesListChanged": .bool(abilities.contains(.resourcesListChanged)),
            "resourceSubscriptions": .array(uris.sorted().map { .string($0) }),
        ]
        let params = Array("\"notifications\":".utf8) + filter.bytes
        let message = MCPEncoding.request(id: id, method: "subscriptions/listen", params: params, era: .modern)
        channel.eventLoop.execute { [handler] in handler.value.listen(id, message) }
        return id
    }

    /// Ends what ``listen(_:_:)`` began.
    package func stopListening(_ id: Int) {
        channel.eventLoop.execute { [handler] in handler.value.stopListening(id) }
    }

    /// Sends a notification.
    package func notify(_ method: String, params: JSONValue? = nil) {
        let message = MCPEncoding.notification(method, params: params)
        channel.eventLoop.execute { [handler] in handler.value.notify(message) }
    }

    /// Ends the extension's input, which asks it to end itself.
    package func closeInput() {
        channel.close(mode: .output, promise: nil)
    }

    /// Closes both pipes; calls under way fail.
    package func close() async {
        try? await channel.close().get()
    }

    private func takeID() -> Int { nextID.add(1, ordering: .relaxed).oldValue }

    private func run(_ call: consuming MCPCall, _ message: ByteBuffer) async throws -> MCPOutcome {
        // The call is only touched on the event loop from here on.
        let box = UncheckedCall(call: call)
        let (loop, handler) = (channel.eventLoop, handler)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.execute {
                    box.call.completion = { continuation.resume(with: $0) }
                    handler.value.send(box.call, message)
                }
            }
        } onCancel: {
            loop.execute { handler.value.cancel(box.call) }
        }
    }
}

/// Lets the one who started a call give it up.
package struct MCPCallHandle: Sendable {
    /// Ends the call with `cancelled` and tells the extension; nothing happens when it has its answer.
    package let cancel: @Sendable () -> Void
}

/// Carries a call to its event loop; `@unchecked` because every use of the call after that happens there.
private struct UncheckedCall: @unchecked Sendable {
    let call: MCPCall
}

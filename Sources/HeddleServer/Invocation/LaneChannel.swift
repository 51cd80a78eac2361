import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes

/// Hummingbird's HTTP/1.1 connection with an ``InvocationLane`` before it.
struct LaneChannel: ServerChildChannel {
    let base: HTTP1Channel
    let makeLane: @Sendable () -> InvocationLane

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        base.setup(channel: channel, logger: logger)
            .flatMapThrowing { value in
                // After the handler that keeps count of requests, so that idle and closing connections count these too.
                let pipeline = channel.pipeline.syncOperations
                let counter = try pipeline.context(handlerType: HTTPConnectionStateHandler.self).handler
                try pipeline.addHandler(makeLane(), position: .after(counter))
                return value
            }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

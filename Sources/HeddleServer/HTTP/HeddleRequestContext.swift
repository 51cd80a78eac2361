import HeddleModel
import Hummingbird
import Logging
import NIOCore

/// What a request carries through the server.
struct HeddleRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    let requestID: HeddleModel.RequestID

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        requestID = HeddleModel.RequestID()
    }

    /// The holder of the token, coming through a door.
    func caller(_ origin: Caller.Origin) -> Caller { .local(origin: origin, requestID: requestID) }
}

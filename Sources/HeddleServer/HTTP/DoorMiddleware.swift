import HeddleModel
import Hummingbird

/// Lets requests in through the ``Door``, and gives every error its answer.
struct DoorMiddleware: RouterMiddleware {
    typealias Context = HeddleRequestContext

    let door: Door
    let routes: RouteTable

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            try door.admit(request.head)
            return try await next(request, context)
        } catch let error as HeddleError {
            return Door.refusal(error, context.requestID, context.logger).response
        } catch let error as HTTPError {
            return Door.refusal(refusal(of: error, request), context.requestID, context.logger).response
        } catch {
            return Door.refusal(error, context.requestID, context.logger).response
        }
    }

    private func refusal(of error: HTTPError, _ request: Request) -> HeddleError {
        switch error.status {
        case .notFound:
            let allowed = routes.methods(at: request.uri.path)
            guard !allowed.isEmpty else { return HeddleError(.routeNotFound, "no route has this path") }
            return HeddleError(
                .methodNotAllowed,
                "this path takes \(allowed.joined(separator: ", "))",
                details: ["allow": allowed.joined(separator: ", ")]
            )
        case .contentTooLarge: return HeddleError(.bodyTooLarge, "the body is too large")
        default: return HeddleError(.invalidRequest, "the request cannot be read")
        }
    }
}

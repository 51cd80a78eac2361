import HTTPTypes
import HeddleModel
import Hummingbird
import Logging

/// The door of the server: who may come in, and how every error goes out.
struct DoorMiddleware: RouterMiddleware {
    typealias Context = HeddleRequestContext

    let token: AccessToken
    let origins: OriginRules
    let routes: RouteTable

    /// Routes that need no token; they tell nothing.
    private static let openPaths: Set<String> = ["/healthz", "/readyz"]

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            try admit(request)
            return try await next(request, context)
        } catch let error as HeddleError {
            if error.code == .internalError {
                context.logger.error("Failed a request", metadata: metadata(error, context))
            } else {
                context.logger.debug("Refused a request", metadata: metadata(error, context))
            }
            return error.response(requestID: context.requestID)
        } catch let error as HTTPError {
            return refusal(of: error, request).response(requestID: context.requestID)
        } catch is CancellationError {
            return HeddleError(.cancelled, "the caller went away").response(requestID: context.requestID)
        } catch {
            context.logger.error("Failed a request", metadata: metadata(error, context))
            return HeddleError(.internalError, "").response(requestID: context.requestID)
        }
    }

    private func admit(_ request: Request) throws(HeddleError) {
        try origins.check(host: request.head.authority, origin: request.headers[.origin])
        guard !Self.openPaths.contains(request.uri.path), !token.accepts(request.headers[.authorization]) else {
            return
        }
        throw HeddleError(.unauthenticated, "the bearer token is missing or wrong")
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

    private func metadata(_ error: any Error, _ context: Context) -> Logger.Metadata {
        ["request_id": "\(context.requestID)", "error": "\(error)"]
    }
}

import HTTPTypes
import HeddleModel
import Hummingbird
import JSON

/// One route: what matches, what it does, and what `/openapi.json` says of it.
struct Route: Sendable {
    typealias Handler = @Sendable (Request, HeddleRequestContext) async throws -> Response

    let method: HTTPRequest.Method
    /// With `{name}` for a part that varies.
    let path: String
    let summary: String
    /// The names of the query's parameters.
    var query: [String] = []
    /// What the body has to be; nil for none.
    var body: OwnSchema?
    /// Media types of the body.
    var bodyTypes = ["application/json"]
    /// What the answer is; nil for none.
    var answer: OwnSchema?
    /// Media types of answers that are no JSON.
    var otherTypes: [String] = []
    var status = 200
    /// Another status of success, with the same answer.
    var otherStatus: Int?
    let handler: Handler
}

/// Every route of the server.
struct RouteTable: Sendable {
    let routes: [Route]

    /// The methods that a path takes.
    func methods(at path: String) -> [String] {
        let parts = path.split(separator: "/")
        let matching = routes.filter { route in
            let pattern = route.path.split(separator: "/")
            return pattern.count == parts.count
                && zip(pattern, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return matching.map(\.method.rawValue)
    }

    func add(to router: Router<HeddleRequestContext>) {
        for route in routes {
            let path = route.path.split(separator: "/")
                .map { part in
                    part.hasPrefix("{") ? ":" + part.dropFirst().dropLast() : String(part)
                }
            router.on(RouterPath("/" + path.joined(separator: "/")), method: route.method, use: route.handler)
        }
    }
}

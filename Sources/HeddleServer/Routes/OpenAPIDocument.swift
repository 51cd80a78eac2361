import HeddleModel
import Hummingbird
import JSON

/// `/openapi.json`: the routes as OpenAPI 3.1 describes them.
enum OpenAPIDocument {
    /// The route of the document itself.
    static func route(describing routes: [Route]) -> Route {
        let path = "/openapi.json"
        let own = Route(method: .get, path: path, summary: "This description.", answer: .anything) { _, _ in
            Response(status: .ok)
        }
        let bytes = document(routes + [own]).bytes
        return Route(method: .get, path: path, summary: own.summary, answer: own.answer) { _, _ in .json(bytes: bytes) }
    }

    private static func document(_ routes: [Route]) -> JSONValue {
        var paths = JSONObject()
        for route in routes {
            var methods = paths[route.path]?.object ?? JSONObject()
            methods[route.method.rawValue.lowercased()] = operation(route)
            paths[route.path] = .object(methods)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Heddle", "version": .string(HeddleVersion.current),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "security": [["token": []]],
            "paths": .object(paths),
            "components": [
                "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]], "schemas": schemas(routes),
            ],
        ]
    }

    /// Every schema that a route names, and those that they name.
    private static func schemas(_ routes: [Route]) -> JSONValue {
        let named = routes.flatMap { [$0.body, $0.answer].compactMap(\.self) } + [.failure]
        let all = named.reduce(into: [:]) { $0.merge($1.components) { known, _ in known } }
        return .object(JSONObject(members: all.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: $0.value) }))
    }

    private static func operation(_ route: Route) -> JSONValue {
        var parameters = route.path.split(separator: "/").filter { $0.hasPrefix("{") }
            .map { part -> JSONValue in
                [
                    "name": .string(String(part.dropFirst().dropLast())), "in": "path", "required": true,
                    "schema": ["type": "string"],
                ]
            }
        parameters += route.query.map { name -> JSONValue in
            let type: JSONValue = ["limit", "lines"].contains(name) ? "integer" : "string"
            return ["name": .string(name), "in": "query", "required": false, "schema": ["type": type]]
        }
        var success = JSONObject(members: [.init(name: "description", value: "Done.")])
        var kinds = route.answer.map { content($0).object?.members ?? [] } ?? []
        kinds += route.otherTypes.map { .init(name: $0, value: ["schema": ["type": "string"]]) }
        if !kinds.isEmpty { success["content"] = .object(JSONObject(members: kinds)) }
        var responses = JSONObject(members: [
            .init(name: String(route.status), value: .object(success)),
            .init(name: "default", value: ["description": "An error.", "content": content(.failure)]),
        ])
        if let other = route.otherStatus { responses[String(other)] = .object(success) }
        var operation = JSONObject(members: [
            .init(name: "summary", value: .string(route.summary)),
            .init(name: "parameters", value: .array(parameters)),
            .init(name: "responses", value: .object(responses)),
        ])
        if let body = route.body {
            operation["requestBody"] = ["required": true, "content": content(body, route.bodyTypes)]
        }
        if ["/healthz", "/readyz"].contains(route.path) { operation["security"] = [] }
        return .object(operation)
    }

    private static func content(_ schema: OwnSchema, _ types: [String] = ["application/json"]) -> JSONValue {
        .object(JSONObject(members: types.map { .init(name: $0, value: ["schema": schema.reference]) }))
    }
}

package import HeddleModel
package import JSON

/// The parameters of a call as they stand on the command line.
package struct ParameterArguments: Sendable {
    /// One `--param`.
    package enum Parameter: Sendable, Hashable {
        /// `name=text`: the capability's schema tells what the text means.
        case text(name: String, text: String)
        /// `name:=JSON`.
        case json(name: String, value: JSONValue)

        /// Reads one `--param`, or what another option was given.
        ///
        /// - Throws: ``HeddleError`` with `invalidRequest` when it has neither form, or its JSON is none.
        package init(_ argument: String, option: String = "--param") throws(HeddleError) {
            guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
                throw HeddleError(.invalidRequest, "\(option) \(argument): say name=value or name:=JSON")
            }
            let text = String(argument[argument.index(after: equals)...])
            let name = argument[..<equals]
            guard name.hasSuffix(":"), name.count > 1 else {
                self = .text(name: String(name), text: text)
                return
            }
            do {
                self = .json(name: String(name.dropLast()), value: try JSONValue(parsing: Array(text.utf8)))
            } catch {
                throw HeddleError(.invalidRequest, "\(option) \(argument): the value is not JSON: \(error)")
            }
        }

        var name: String {
            switch self {
            case .text(let name, _): name
            case .json(let name, _): name
            }
        }
    }

    private let base: JSONObject
    private let parameters: [Parameter]

    /// Takes the object of `--params` and each `--param`, which come on top of it, or what another option was given.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when a parameter is malformed or given twice.
    package init(
        base: JSONObject = JSONObject(),
        option: String = "--param",
        _ arguments: [String]
    ) throws(HeddleError) {
        self.base = base
        var parameters: [Parameter] = []
        for argument in arguments {
            let parameter = try Parameter(argument, option: option)
            guard !parameters.contains(where: { $0.name == parameter.name }) else {
                throw HeddleError(.invalidRequest, "\(option) \(parameter.name) is given twice")
            }
            parameters.append(parameter)
        }
        self.parameters = parameters
    }

    /// Whether the schema is needed to know what is meant.
    package var needsSchema: Bool {
        parameters.contains { parameter in
            switch parameter {
            case .text: true
            case .json: false
            }
        }
    }

    /// The object that is sent.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when a text does not fit the kind that the schema names.
    package func value(schema: ParameterSchema) throws(HeddleError) -> JSONValue {
        var object = base
        for parameter in parameters {
            switch parameter {
            case .json(let name, let value):
                object[name] = value
            case .text(let name, let text):
                object[name] = try Self.value(text, of: name, kinds: schema.kinds(of: name))
            }
        }
        return .object(object)
    }

    private static func value(_ text: String, of name: String, kinds: [String]) throws(HeddleError) -> JSONValue {
        if kinds.isEmpty || kinds.contains("string") { return .string(text) }
        if let value = try? JSONValue(parsing: Array(text.utf8)), kinds.contains(where: { fits(value, $0) }) {
            return value
        }
        throw HeddleError(
            .invalidRequest,
            "--param \(name): '\(text)' is not of the kind \(kinds.joined(separator: " or "))",
            details: ["parameter": name]
        )
    }

    private static func fits(_ value: JSONValue, _ kind: String) -> Bool {
        switch value {
        case .null: kind == "null"
        case .bool: kind == "boolean"
        case .number(let text): kind == "number" || kind == "integer" && !text.contains(".")
        case .string: kind == "string"
        case .array: kind == "array"
        case .object: kind == "object"
        }
    }
}

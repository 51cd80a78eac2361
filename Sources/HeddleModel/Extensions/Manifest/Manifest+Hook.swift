package import JSON

extension Manifest {
    /// A moment in the life of an extension at which a program of its own may run.
    package enum Moment: String, Sendable, CaseIterable {
        case preInstall = "pre_install"
        case postInstall = "post_install"
        case preActivate = "pre_activate"
        case postActivate = "post_activate"
        case preDeactivate = "pre_deactivate"
        case postDeactivate = "post_deactivate"
        case preUninstall = "pre_uninstall"
        case postUninstall = "post_uninstall"
    }

    /// A program that runs at such a moment, confined like the extension itself.
    package struct Hook: Sendable, Hashable {
        /// The program and its arguments; relative to the manifest's folder when it names a file there.
        package let command: [String]
        /// Seconds after which it is ended.
        package let timeoutSeconds: Int
        /// Whether its failure stops what it is part of.
        package let isRequired: Bool

        package init(command: [String], timeoutSeconds: Int = 30, isRequired: Bool = true) {
            self.command = command
            self.timeoutSeconds = timeoutSeconds
            self.isRequired = isRequired
        }
    }

    /// A call that shows whether the extension works: made when it is tried, and now and then while it runs.
    package struct HealthCheck: Sendable, Hashable {
        /// The tool that is called; nil is content with a start and a list of tools, and then with any answer.
        package let capability: String?
        /// What it is called with.
        package let parameters: JSONValue?
        package let intervalSeconds: Int
        package let timeoutSeconds: Int
        /// Failures in a row after which a process is replaced.
        package let failureThreshold: Int

        package init(
            capability: String? = nil,
            parameters: JSONValue? = nil,
            intervalSeconds: Int = 30,
            timeoutSeconds: Int = 10,
            failureThreshold: Int = 3
        ) {
            self.capability = capability
            self.parameters = parameters
            self.intervalSeconds = intervalSeconds
            self.timeoutSeconds = timeoutSeconds
            self.failureThreshold = failureThreshold
        }
    }
}

extension Manifest.Hook {
    static let shape: JSONValue = {
        let full = Shape.object(
            required: ["command": Shape.commandOrProgram],
            optional: [
                "args": Shape.texts, "timeout_seconds": Shape.integer(1...600, default: 30),
                "required": Shape.adding(["default": true], to: Shape.flag),
            ]
        )
        let either: JSONValue = ["if": ["type": "object"], "then": full, "else": Shape.commandOrProgram]
        return Shape.object(optional: Manifest.Moment.allCases.map { .init(name: $0.rawValue, value: either) })
    }()

    /// Reads the hook of a moment: an object, a command or a program.
    init(_ fields: JSONFields, _ name: String) throws(HeddleError) {
        guard fields.view(name)?.kind == .object else {
            self.init(command: try Self.command(fields, name))
            return
        }
        let own = try fields.fields(name)
        self.init(
            command: try Self.command(own, "command") + own.strings("args"),
            timeoutSeconds: try own.integerIfPresent("timeout_seconds") ?? 30,
            isRequired: try own.boolIfPresent("required") ?? true
        )
    }

    static func command(_ fields: JSONFields, _ name: String) throws(HeddleError) -> [String] {
        fields.view(name)?.kind == .string ? [try fields.string(name)] : try fields.strings(name)
    }

    var value: JSONValue {
        [
            "command": .array(command.map(JSONValue.string)), "timeout_seconds": .integer(timeoutSeconds),
            "required": .bool(isRequired),
        ]
    }
}

extension Manifest.HealthCheck {
    static let shape: JSONValue = {
        let standard = Self()
        return Shape.object(optional: [
            "capability": Shape.adding(["maxLength": 128], to: Shape.text), "parameters": ["type": "object"],
            "interval_seconds": Shape.integer(1...86_400, default: standard.intervalSeconds),
            "timeout_seconds": Shape.integer(1...600, default: standard.timeoutSeconds),
            "failure_threshold": Shape.integer(1...100, default: standard.failureThreshold),
        ])
    }()

    init(_ fields: JSONFields) throws(HeddleError) {
        let standard = Self()
        self.init(
            capability: try fields.stringIfPresent("capability"),
            parameters: try fields.fieldsIfPresent("parameters").map { JSONValue($0.view) },
            intervalSeconds: try fields.integerIfPresent("interval_seconds") ?? standard.intervalSeconds,
            timeoutSeconds: try fields.integerIfPresent("timeout_seconds") ?? standard.timeoutSeconds,
            failureThreshold: try fields.integerIfPresent("failure_threshold") ?? standard.failureThreshold
        )
    }

    var value: JSONValue {
        var object = JSONObject()
        object["capability"] = capability.map(JSONValue.string)
        object["parameters"] = parameters
        object["interval_seconds"] = .integer(intervalSeconds)
        object["timeout_seconds"] = .integer(timeoutSeconds)
        object["failure_threshold"] = .integer(failureThreshold)
        return .object(object)
    }
}

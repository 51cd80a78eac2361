/// One value that a `server.json` leaves open, or fixes.
package struct ServerInput: Sendable, Hashable {
    /// What the text of a value has to be.
    package enum Format: String, Sendable, CaseIterable {
        case string
        case number
        case boolean
        /// A path of the host, which the extension then has to be granted.
        case filepath
    }

    /// What a value is given under: the name of a variable, the argument's name or its hint.
    package let key: String
    /// The JSON pointer to it in the file.
    package let path: String
    package let description: String?
    package internal(set) var isRequired: Bool
    package internal(set) var isSecret: Bool
    package let format: Format
    /// What counts when no value is given.
    package let standard: String?
    /// The only texts that it takes; empty for any.
    package let choices: [String]
    /// What it is in any case; nobody is asked.
    package let value: String?
}

/// An argument or an environment variable of a package, with the variables inside of its value.
package struct ServerSetting: Sendable, Hashable {
    /// Where the value goes.
    package enum Place: Sendable, Hashable {
        case positional
        case named(String)
        case environment(String)
    }

    package let place: Place
    package let input: ServerInput
    /// What stands for the `{name}`s in the value.
    package let variables: [ServerInput]
    package let isRepeated: Bool
    /// Whether it is a name without a value, such as `--verbose`.
    package let isFlag: Bool

    /// The inputs that somebody may be asked for.
    var open: [ServerInput] {
        guard !isFlag else { return [] }
        guard let template = input.value else { return [input] }
        return variables.filter { $0.value == nil && template.contains("{\($0.key)}") }
            .map { variable in
                var variable = variable
                variable.isRequired = variable.isRequired || input.isRequired
                variable.isSecret = variable.isSecret || input.isSecret
                return variable
            }
    }
}

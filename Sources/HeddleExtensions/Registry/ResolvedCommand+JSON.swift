package import HeddleModel
package import JSON

extension ResolvedCommand {
    /// Reads the stored form.
    ///
    /// - Throws: ``HeddleError`` with the code of `fields` when it is damaged.
    package init(_ fields: JSONFields) throws(HeddleError) {
        self.init(
            command: try fields.strings("command"),
            readOnlyPaths: try fields.strings("reads"),
            environment: try fields.stringMap("environment")
        )
    }

    /// The stored form.
    package var value: JSONValue {
        [
            "command": .array(command.map(JSONValue.string)),
            "reads": .array(readOnlyPaths.map(JSONValue.string)),
            "environment": .object(
                JSONObject(
                    members: environment.sorted { $0.key < $1.key }
                        .map { .init(name: $0.key, value: .string($0.value)) }
                )
            ),
        ]
    }
}

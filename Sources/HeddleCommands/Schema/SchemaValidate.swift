package import ArgumentParser
import HeddleModel
import JSON
import JSONSchema

/// `heddle schema validate`: whether a file is what a schema asks for; needs no server.
package struct SchemaValidate: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a JSON or YAML file against a JSON Schema of draft 2020-12 or 7.",
        discussion: "Exit status: 0 valid, 1 not valid, 2 wrong usage or no schema."
    )

    @Argument(help: "The file to check; '-' is standard input.")
    var file: String

    @Option(help: ArgumentHelp("The file with the schema.", valueName: "file"))
    var schema: String

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A schema that it may refer to, or a folder of them; may be repeated. Nothing is fetched.",
            valueName: "path"
        )
    )
    var reference: [String] = []

    @Flag(help: "Ask for formats such as date-time, instead of only noting them.")
    var formats = false

    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    private var output: OutputFormat { outputOptions.format }

    package func run() throws {
        var options = JSONSchema.Options()
        options.assertsFormat = formats
        let (rules, value) = (try SchemaFiles.document(schema), try SchemaFiles.document(file))
        let result: SchemaOutput
        do {
            let registry = try SchemaFiles.registry(reference, except: schema)
            let address = SchemaFiles.address(schema)
            result = try JSONSchema(rules, uri: address, registry: registry, options: options).evaluate(value.root)
        } catch let error as SchemaError {
            let place = error.location.isEmpty ? "" : ", at \(error.location)"
            let hint = error.reason == .unresolvedReference ? "; name files that it refers to with --reference" : ""
            throw HeddleError(
                .invalidRequest,
                "the schema cannot be used: \(error.message)\(place)\(hint)",
                details: ["reason": error.reason.rawValue]
            )
        }
        switch output {
        case .json: Terminal.output.json(result.json)
        case .table: show(result)
        }
        if !result.isValid { throw ExitCode.failure }
    }

    private func show(_ result: SchemaOutput) {
        guard !result.isValid else { return Terminal.output.line("valid") }
        for violation in result.violations {
            Terminal.output.foreign(violation.description)
            for cause in violation.causes { Terminal.output.foreign("  \(cause)") }
        }
    }
}

extension SchemaOutput {
    /// The verdict as programs read it.
    fileprivate var json: JSONValue {
        [
            "valid": .bool(isValid), "violations": .array(violations.map(\.json)),
            "annotations": .array(
                annotations.map { annotation in
                    [
                        "path": .string(annotation.instancePath), "schema_path": .string(annotation.schemaPath),
                        "keyword": .string(annotation.keyword), "value": annotation.value,
                    ]
                }
            ),
        ]
    }
}

extension SchemaViolation {
    fileprivate var json: JSONValue {
        [
            "path": .string(instancePath), "schema_path": .string(schemaPath), "keyword": .string(keyword),
            "message": .string(message), "causes": .array(causes.map(\.json)),
        ]
    }
}

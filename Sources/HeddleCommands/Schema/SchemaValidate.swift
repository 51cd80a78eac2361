package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON
import JSONSchema

/// `heddle schema validate`: whether a file is what a schema asks for; needs no server.
package struct SchemaValidate: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a JSON file against a JSON Schema of draft 2020-12 or 7.",
        discussion: "Exit status: 0 valid, 1 not valid, 2 wrong usage or no schema."
    )

    @Argument(help: "The file to check; '-' is standard input.")
    var file: String

    @Option(help: ArgumentHelp("The file with the schema.", valueName: "file"))
    var schema: String

    @Flag(help: "Ask for formats such as date-time, instead of only noting them.")
    var formats = false

    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    private var output: OutputFormat { outputOptions.format }

    package func run() throws {
        var options = JSONSchema.Options()
        options.assertsFormat = formats
        let (rules, value) = (try Self.document(schema), try Self.document(file))
        let result: SchemaOutput
        do throws(SchemaError) {
            result = try JSONSchema(rules, options: options).evaluate(value.root)
        } catch {
            let place = error.location.isEmpty ? "" : ", at \(error.location)"
            throw HeddleError(
                .invalidRequest,
                "the schema cannot be used: \(error.message)\(place)",
                details: ["reason": error.reason.rawValue]
            )
        }
        switch output {
        case .json: Terminal.output.json(result.json)
        case .table: show(result)
        }
        if !result.isValid { throw ExitCode.failure }
    }

    private static func document(_ path: String) throws(HeddleError) -> JSONDocument {
        do {
            let limit = 64 << 20
            let bytes = try path == "-" ? FileBytes.standardInput(limit: limit) : FileBytes.read(path, limit: limit)
            return try JSONDocument(bytes)
        } catch let error as HeddleError {
            throw error
        } catch {
            throw HeddleError(.malformedJSON, "'\(path)' is not acceptable JSON: \(error)")
        }
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

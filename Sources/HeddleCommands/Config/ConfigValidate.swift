package import ArgumentParser
import HeddleClient
import HeddleModel
import HeddleServer
import JSON

/// `heddle config validate`: whether a server could start here.
package struct ConfigValidate: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check the configuration that a server started here would have.",
        discussion: """
            Checks the file, else the one of HEDDLE_CONFIG, and the environment, and tells all faults at once. Needs no server.
            Exit status: 0 valid, 1 not valid.
            """
    )

    @Argument(help: "The file to check, JSON or YAML.")
    var file: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() throws {
        do {
            _ = try LocalConfiguration.load(file: file, global: global)
        } catch  where error.code == .invalidConfiguration {
            show(error)
            throw ExitCode.failure
        }
        global.results.render("valid", json: ["valid": true, "violations": []])
    }

    private func show(_ error: HeddleError) {
        switch global.output {
        case .json:
            let violations = error.violations.map { violation -> JSONValue in
                [
                    "path": .string(violation.path), "keyword": .string(violation.keyword),
                    "message": .string(violation.message),
                ]
            }
            Terminal.output.json(["valid": false, "violations": .array(violations)])
        case .table:
            for violation in error.violations { Terminal.output.foreign(violation.description) }
        }
    }
}

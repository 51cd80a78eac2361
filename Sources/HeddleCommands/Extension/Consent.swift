import ArgumentParser
package import HeddleClient

/// A person's agreement to run a stranger's program.
package enum Consent {
    /// What has to happen before something is added.
    package enum Step: Sendable, Hashable {
        case goOn
        case ask
        /// Nobody is there to be asked, and it would get more than the sandbox gives everybody.
        case refuse
    }

    /// What has to happen, by who is there and what is granted.
    package static func step(isAgreed: Bool, isInteractive: Bool, hasGrants: Bool) -> Step {
        if isAgreed { return .goOn }
        if isInteractive { return .ask }
        return hasGrants ? .refuse : .goOn
    }

    /// What is shown: the exact command, what it reads and what it is granted.
    package static func text(_ preview: ExtensionPreview) -> String {
        var command = DisplayText.command(preview.command)
        if preview.command.isEmpty, !preview.installs.isEmpty {
            command = "the package's own program, known once it is installed"
            if !preview.arguments.isEmpty { command += ", with: \(DisplayText.command(preview.arguments))" }
        }
        var details: [(name: String, value: String)] = [
            ("command", command),
            ("reads to run", preview.reads.joined(separator: "\n")),
        ]
        details += preview.grants.details
        if !preview.installs.isEmpty {
            let packages = preview.installs.joined(separator: ", ")
            details.append(("installs", "\(packages)\nInstalling runs third-party code, in the sandbox with network."))
        }
        let hooks = preview.hooks.map { "\($0.moment): \(DisplayText.command($0.command))" }
        details.append(("hooks", hooks.joined(separator: "\n")))
        details.append(("signature", preview.signature))
        details += preview.warnings.map { ("warning", $0) }
        return "Heddle will run '\(DisplayText.line(preview.name))':\n" + Output.text(details)
    }

    /// Asks on the terminal; only a clear yes counts.
    static func ask(_ question: String = "Add it?") -> Bool {
        Terminal.error.write("\(question) [y/N] ")
        let answer = readLine() ?? ""
        return ["y", "yes"].contains(answer.lowercased())
    }
}

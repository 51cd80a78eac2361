package import ArgumentParser

/// `heddle completions`: a script that lets the shell complete this program's words.
package struct Completions: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print a completion script for a shell.",
        discussion: "For bash: heddle completions bash > ~/.local/share/bash-completion/completions/heddle"
    )

    /// The shells there are scripts for.
    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash
        case zsh
        case fish
    }

    @Argument(help: "The shell.")
    var shell: Shell

    package init() {}

    package func run() async throws {
        let shell: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        Terminal.output.line(HeddleCommand.completionScript(for: shell))
    }
}

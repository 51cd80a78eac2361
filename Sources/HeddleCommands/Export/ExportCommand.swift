package import ArgumentParser

/// `heddle export`: objects for other programs.
package struct ExportCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print something in a form that other programs read.",
        subcommands: [ExportContext.self]
    )

    package init() {}
}

/// The forms that other programs read.
enum ExchangeFormat: String, CaseIterable, ExpressibleByArgument {
    /// An object of the frozen MPLP 1.0 schemas.
    case mplp
}

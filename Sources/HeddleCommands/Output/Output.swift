import ArgumentParser
import HeddleClient
import JSON

/// The forms that results come in.
package enum OutputFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
    /// For people.
    case table
    /// The server's own JSON on one line.
    case json
}

/// A resource that makes a row of a table.
protocol ListDisplayable: ServerResource {
    static var tableHeader: [String] { get }
    var tableRow: [String] { get }
}

/// A resource that is shown alone, as names and values.
protocol DetailDisplayable: ServerResource {
    var details: [(name: String, value: String)] { get }
}

/// Prints results.
///
/// These methods are the only places that match ``OutputFormat``, so a new form is a compile error until each has it.
struct Output {
    let format: OutputFormat

    /// Prints a list; an empty one leaves standard output empty and gives a hint on standard error.
    func render<Item: ListDisplayable>(_ page: Page<Item>, hint: String) {
        switch format {
        case .json:
            Terminal.output.json(page.json)
        case .table:
            guard !page.items.isEmpty else { return Terminal.error.line(hint) }
            let table = Table(headings: Item.tableHeader, rows: page.items.map(\.tableRow))
            Terminal.output.write(table.rendered(columns: Terminal.output.columns))
        }
    }

    /// Prints a table for people, or JSON for programs.
    func render(_ table: Table, json: JSONValue) {
        switch format {
        case .json: Terminal.output.json(json)
        case .table: Terminal.output.write(table.rendered(columns: Terminal.output.columns))
        }
    }

    /// Prints one resource.
    func render(_ resource: some DetailDisplayable) {
        switch format {
        case .json: Terminal.output.json(resource.json)
        case .table: Terminal.output.write(Self.text(resource.details))
        }
    }

    /// Prints a sentence for people, or JSON for programs.
    func render(_ sentence: String, json: JSONValue) {
        switch format {
        case .json: Terminal.output.json(json)
        case .table: Terminal.output.line(DisplayText.lines(sentence))
        }
    }

    /// Names and values, the values aligned; lines after a value's first are indented like it.
    static func text(_ details: [(name: String, value: String)]) -> String {
        let width = (details.map { DisplayText.width($0.name) }.max() ?? 0) + 2
        var text = ""
        for detail in details where !detail.value.isEmpty {
            var name = detail.name
            for line in DisplayText.lines(detail.value).split(separator: "\n", omittingEmptySubsequences: false) {
                text += name + String(repeating: " ", count: width - DisplayText.width(name)) + line + "\n"
                name = ""
            }
        }
        return text
    }
}

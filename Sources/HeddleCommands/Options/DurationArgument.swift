import ArgumentParser

/// A length of time such as `500ms`, `30s`, `2m` or `1h`; a bare number means seconds.
package struct DurationArgument: ExpressibleByArgument, Sendable, Hashable, CustomStringConvertible {
    package let duration: Duration
    package let description: String

    package init?(argument: String) {
        let units: [(String, Int)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        let unit = units.first { argument.hasSuffix($0.0) } ?? ("", 1000)
        guard let number = Double(argument.dropLast(unit.0.count)), number.isFinite, number > 0 else { return nil }
        let milliseconds = (number * Double(unit.1)).rounded()
        guard (1...86_400_000).contains(milliseconds) else { return nil }
        duration = .milliseconds(Int(milliseconds))
        description = argument
    }

    package var defaultValueDescription: String { description }

    /// Whole seconds.
    package init(seconds: Int) {
        duration = .seconds(seconds)
        description = "\(seconds)s"
    }
}

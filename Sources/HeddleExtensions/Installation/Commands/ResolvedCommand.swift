/// A command line as it is run, with what it must be able to read.
package struct ResolvedCommand: Sendable, Hashable {
    /// The absolute program and its arguments, exactly what runs.
    package let command: [String]
    /// The fewest host paths that the program needs, without those that every sandbox has, such as `/usr`.
    package let readOnlyPaths: [String]
    /// What the program needs in its environment, such as a `PATH` that begins with its virtual environment.
    package let environment: [String: String]

    package init(command: [String], readOnlyPaths: [String], environment: [String: String]) {
        self.command = command
        self.readOnlyPaths = readOnlyPaths
        self.environment = environment
    }
}

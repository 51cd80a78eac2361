/// The bounds on a schema and on the work of judging a value; schemas come from strangers.
package struct SchemaLimits: Sendable {
    /// Bytes of one schema document.
    package var schemaBytes = 4 << 20
    /// Subschemas of one compiled schema.
    package var nodes = 100_000
    /// Bytes of one regular expression.
    package var patternBytes = 4096
    /// Regular expressions of one compiled schema.
    package var patterns = 2_000
    /// Steps of one match of a regular expression.
    package var patternSteps: UInt32 = 100_000
    /// Subschemas that are applied to judge one value, besides ``stepsPerByte`` for each of its bytes.
    package var steps = 500_000
    /// See ``steps``.
    package var stepsPerByte = 16
    /// Subschemas inside of each other while a value is judged; each takes a part of the thread's stack.
    package var depth = 512

    package init() {}
}

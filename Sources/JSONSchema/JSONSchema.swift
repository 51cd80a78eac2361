package import JSON

/// A compiled JSON Schema, of draft 2020-12 or 7, that judges values on the tape of their document.
///
/// References lead to what a registry has, never to a network. Compiling and judging are bounded, since schemas come from
/// strangers: whatever goes over a bound is refused by name.
package final class JSONSchema: Sendable {
    /// How schemas are read.
    package struct Options: Sendable {
        /// Whether a `format` is asked for, and not only noted.
        package var assertsFormat = false
        /// The dialect of schemas that name none, by its address; 2020-12 without one.
        package var schema: String?
        package var limits = SchemaLimits()

        package init() {}
    }

    let program: SchemaProgram
    let start: Int32

    /// Compiles a schema.
    ///
    /// - Parameters:
    ///   - document: The schema.
    ///   - uri: What references call it when it has no `$id`.
    ///   - registry: The other schemas that it may refer to.
    ///   - options: How schemas are read.
    /// - Throws: ``SchemaError``.
    package init(
        _ document: JSONDocument,
        uri: String = "",
        registry: SchemaRegistry = SchemaRegistry(),
        options: Options = Options()
    ) throws(SchemaError) {
        guard document.bytes.count <= options.limits.schemaBytes else {
            throw SchemaError(.tooLarge, at: "", "the schema is larger than \(options.limits.schemaBytes) bytes")
        }
        var known = registry
        let root = try known.insert(document, as: uri, schema: options.schema)
        var compiler = SchemaCompiler(
            registry: known,
            assertsFormat: options.assertsFormat,
            limits: options.limits
        )
        start = try compiler.compile(root)
        program = SchemaProgram(compiler)
    }

    /// Whether a value satisfies the schema; stops at the first violation.
    ///
    /// - Throws: ``SchemaError`` with `tooCostly` or `costlyPattern`.
    package func isValid(_ view: JSONView) throws(SchemaError) -> Bool {
        try judge(view, nil)
    }

    /// Every way in which a value breaks the schema, up to a number of them; none for a valid one.
    ///
    /// - Throws: ``SchemaError`` with `tooCostly` or `costlyPattern`.
    package func violations(_ view: JSONView, maximum: Int = 100) throws(SchemaError) -> [SchemaViolation] {
        // Most values are valid, and yes is quickly said.
        if try isValid(view) { return [] }
        let report = SchemaReport(program, view, maximum: maximum, wantsAnnotations: false)
        _ = try judge(view, report)
        return report.violations
    }

    /// The whole verdict on a value, with what the schema says about its parts.
    ///
    /// - Throws: ``SchemaError`` with `tooCostly` or `costlyPattern`.
    package func evaluate(_ view: JSONView, maximum: Int = 100) throws(SchemaError) -> SchemaOutput {
        let report = SchemaReport(program, view, maximum: maximum, wantsAnnotations: true)
        let isValid = try judge(view, report)
        return SchemaOutput(
            isValid: isValid,
            violations: report.violations,
            annotations: isValid ? report.annotations : []
        )
    }

    private func judge(_ view: JSONView, _ report: SchemaReport?) throws(SchemaError) -> Bool {
        let document = view.document
        let (isValid, failure) = document.tape.withUnsafeBufferPointer { tape in
            document.bytes.withUnsafeBufferPointer { text in
                var evaluator = Evaluator(program: program, view: view, tape: tape, text: text, report: report)
                let isValid = evaluator.evaluate(start, view.index, nil)
                return (isValid, evaluator.failure)
            }
        }
        if let failure { throw failure }
        return isValid
    }
}

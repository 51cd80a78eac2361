extension Duration {
    /// The whole duration in nanoseconds, at most some 292 years of them.
    var nanoseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : Int(product) + Int(attoseconds / 1_000_000_000)
    }
}

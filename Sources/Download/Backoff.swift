/// How long to wait before a try: twice as long each time, and never exactly as long as others wait.
enum Backoff {
    private static let longest = Duration.seconds(15)

    /// The pause before a try, of which the second has the number 1.
    static func pause(before number: Int, _ random: inout any RandomNumberGenerator & Sendable) -> Duration {
        let whole = min(Duration.milliseconds(500) * (1 << min(number - 1, 10)), longest)
        return whole / 2 + whole / 2 * Double.random(in: 0..<1, using: &random)
    }
}

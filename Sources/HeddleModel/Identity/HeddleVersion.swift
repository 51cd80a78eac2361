/// The version of this Heddle.
package enum HeddleVersion {
    package static let current = "0.1.0"
}

internal import Foundation

/// A number with a fixed count of decimal places.
func decimal(_ value: Double, places: Int) -> String {
  guard value.isFinite else { return "\(value)" }
  return String(format: "%.\(places)f", value)
}

/// A number with so many digits that count.
func short(_ value: Double, digits: Int = 3) -> String { String(format: "%.\(digits)g", value) }

/// A number with thousands apart: `1 234 567`.
func grouped(_ value: Int) -> String {
  var text = ""
  for (place, digit) in String(value.magnitude).reversed().enumerated() {
    if place > 0 && place % 3 == 0 { text.append(" ") }
    text.append(digit)
  }
  return (value < 0 ? "-" : "") + String(text.reversed())
}

/// A text at the right of a column of so many characters.
func right(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

//===- Scale.h - An axis and the round numbers on it ------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CHARTS_SCALE_H
#define AGON_RUNTIME_CHARTS_SCALE_H

#include <string>
#include <vector>

namespace agon::rt {

/// A range of numbers on an axis.
class Scale {
public:
  /// \param low the least number that is to be shown, and `high` the greatest; of a logarithmic scale above 0. Where
  /// there is none (low > high), it is 0 to 1; where they are one, a range around it.
  /// \param margin the share of the range that is added at both ends.
  Scale(double low, double high, bool logarithmic, double margin);

  /// Where a number lies: 0 at the lower end, 1 at the upper one. Of a logarithmic scale the number is above 0.
  double share(double value) const;

  struct Tick {
    double value;
    std::string text;
  };
  /// Round numbers within the range, about `count` of them.
  std::vector<Tick> ticks(int count) const;

  double low() const { return least; }
  double high() const { return most; }
  bool isLogarithmic() const { return logarithmic; }

private:
  /// For `ticks`: multiples of 1, 2 or 5 times a power of ten.
  std::vector<Tick> evenTicks(int count) const;
  /// For `ticks`: powers of ten, and where there are few, twice and five times as much.
  std::vector<Tick> logarithmicTicks(int count) const;

  double least, most; ///< the ends
  bool logarithmic;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CHARTS_SCALE_H

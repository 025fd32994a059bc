#include "runtime/io/Letters.h"

#include <algorithm>
#include <string_view>

using namespace agon::rt;

namespace {

/// The letters from ! to ~: lines through points, separated by spaces. A point is its column from the left and its row
/// from below, a digit each; the baseline is row 2, the letter x ends at row 6, capitals at row 8.
constexpr std::string_view glyphs[] = {
    "0804 0202",                        // !
    "0806 2826",                        // "
    "1218 3238 0444 0646",              // #
    "473818070615354443321203 2921",    // $
    "0248 0818160608 2444422224",       // %
    "420607182837360403122244",         // &
    "0806",                             // '
    "18070312",                         // (
    "08171302",                         // )
    "2723 0644 0446",                   // *
    "2723 0545",                        // +
    "1201",                             // ,
    "0535",                             // -
    "0202",                             // .
    "0238",                             // /
    "180703122233372818",               // 0
    "071812 0222",                      // 1
    "07183847460242",                   // 2
    "0718384746354443321203 1535",      // 3
    "32380444",                         // 4
    "480805354443321203",               // 5
    "4738180703123243443505",           // 6
    "084812",                           // 7
    "15060718384746351504031232434435", // 8
    "4515060718384743321203",           // 9
    "0505 0202",                        // :
    "1515 1201",                        // ;
    "370533",                           // <
    "0646 0444",                        // =
    "073503",                           // >
    "07183847462524 2222",              // ?
    "433212030718384744242646",         // @
    "022842 1434",                      // A
    "02083847463505 3544433202",        // B
    "4738180703123243",                 // C
    "02082846442202",                   // D
    "48080242 0535",                    // E
    "480802 0535",                      // F
    "47381807031232434525",             // G
    "0208 4248 0545",                   // H
    "0222 0828 1218",                   // I
    "3833221203",                       // J
    "0208 4804 1542",                   // K
    "080242",                           // L
    "0208244842",                       // M
    "02084248",                         // N
    "180703123243473818",               // O
    "02083847463505",                   // P
    "180703123243473818 2442",          // Q
    "02083847463505 2542",              // R
    "473818070615354443321203",         // S
    "0848 2822",                        // T
    "080312324348",                     // U
    "082248",                           // V
    "0812263248",                       // W
    "0248 0842",                        // X
    "082548 2522",                      // Y
    "08480242",                         // Z
    "18080212",                         // [
    "0832",                             // backslash
    "08181202",                         // ]
    "062846",                           // ^
    "0141",                             // _
    "0817",                             // `
    "3526160503122233 3632",            // a
    "0802 0516263533221203",            // b
    "3526160503122233",                 // c
    "3832 3526160503122233",            // d
    "04343526160503122233",             // e
    "281712 0626",                      // f
    "3526160503122233 3631201001",      // g
    "0802 0516263532",                  // h
    "0602 0808",                        // i
    "161100 1818",                      // j
    "0802 3603 1432",                   // k
    "080312",                           // l
    "0602 05162522 25364542",           // m
    "0602 0516263532",                  // n
    "160503122233352616",               // o
    "0600 0516263533221203",            // p
    "3630 3526160503122233",            // q
    "0602 051626",                      // r
    "3616051424332202",                 // s
    "181322 0626",                      // t
    "0603122233 3632",                  // u
    "062246",                           // v
    "0612253246",                       // w
    "0632 0236",                        // x
    "0622 4610",                        // y
    "06360232",                         // z
    "28171605141322",                   // {
    "0802",                             // |
    "08171625141302",                   // }
    "04153445",                         // ~
};
static_assert(std::size(glyphs) == '~' - ' ');

/// Sizes in parts of the text's.
constexpr double column = 0.095, row = 0.118, gap = 0.17, blank = 0.3;

std::string_view glyphOf(char letter) { return glyphs[(letter > ' ' && letter <= '~' ? letter : '?') - '!']; }

double widthOf(char letter) {
  if (letter == ' ')
    return blank;
  int widest = 0;
  std::string_view glyph = glyphOf(letter);
  for (size_t i = 0; i < glyph.size(); i += glyph[i] == ' ' ? 1 : 2)
    widest = std::max(widest, glyph[i] - '0');
  return widest * column + gap;
}

} // namespace

double agon::rt::widthOf(const Label &label) {
  double width = label.text.empty() ? 0 : -gap;
  for (char letter : label.text)
    width += ::widthOf(letter);
  return width * label.size;
}

std::vector<std::vector<Place>> agon::rt::lettersOf(const Label &label) {
  double shares[] = {0, 0.5, 1}, across = -shares[int(label.anchor)] * widthOf(label) / label.size;
  std::vector<std::vector<Place>> lines;
  for (char letter : label.text) {
    std::string_view glyph = letter == ' ' ? "" : glyphOf(letter);
    for (size_t i = 0; i < glyph.size();) {
      if (i == 0 || glyph[i] == ' ')
        lines.emplace_back();
      if (glyph[i] == ' ')
        ++i;
      double x = (across + (glyph[i] - '0') * column) * label.size;
      double y = (2 - (glyph[i + 1] - '0')) * row * label.size;
      lines.back().push_back(label.upwards ? Place{label.at.x + y, label.at.y - x}
                                           : Place{label.at.x + x, label.at.y + y});
      i += 2;
    }
    across += ::widthOf(letter);
  }
  return lines;
}

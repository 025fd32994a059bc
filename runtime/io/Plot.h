//===- Plot.h - Drawings as SVG and as pixels -------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_PLOT_H
#define AGON_RUNTIME_IO_PLOT_H

#include "runtime/core/Drawing.h"
#include "runtime/io/Picture.h"

#include <string>

namespace agon::rt {

/// The drawing as the text of an SVG file.
std::string svgOf(const Drawing &drawing);

/// The drawing in pixels. \param scale pixels for one of the drawing's.
Image imageOf(const Drawing &drawing, double scale);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_PLOT_H

//===- Hints.cpp - What was likely meant ------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Diagnose.h"
#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace agon::sema {

/// As `Conv2d`, `conv_2d` and `clip_grad_norm_` are looked up: small letters and digits.
static std::string plain(std::string_view name) {
  std::string result;
  for (unsigned char c : name)
    if (c != '_')
      result += char(std::tolower(c));
  return result;
}

/// What the names of other frameworks are called here; the first that fits the place.
static std::vector<std::string_view> translations(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"dense", " linear fc fullyconnected affine lazylinear "},
      {"conv", " conv1d conv2d conv3d convolution convolution1d convolution2d convolution3d "},
      {"deconv", " convtranspose convtranspose1d convtranspose2d convtranspose3d conv1dtranspose conv2dtranspose "
                 "conv3dtranspose transposedconv upconv deconvolution "},
      {"separable_conv", " separableconv2d depthwiseconv2d "},
      {"batchnorm", " batchnorm1d batchnorm2d batchnorm3d batchnormalization syncbatchnorm "},
      {"layernorm", " layernormalization "},
      {"instancenorm", " instancenorm1d instancenorm2d instancenorm3d instancenormalization "},
      {"groupnorm", " groupnormalization "},
      {"spectral_norm", " spectralnorm spectralnormalization "},
      {"maxpool", " maxpool1d maxpool2d maxpool3d maxpooling1d maxpooling2d maxpooling3d "},
      {"avgpool", " avgpool1d avgpool2d avgpool3d averagepool averagepooling1d averagepooling2d averagepooling3d "},
      {"global_avgpool", " adaptiveavgpool1d adaptiveavgpool2d globalaveragepooling1d globalaveragepooling2d "},
      {"embed", " embedding "},
      {"self_attention", " attention selfattention "},
      {"multi_head_attention", " multiheadattention mha "},
      {"channel_dropout", " dropout1d dropout2d dropout3d spatialdropout1d spatialdropout2d spatialdropout3d "},
      {"gaussian_noise", " gaussiannoise "},
      {"upsample", " upsampling1d upsampling2d upsampling3d interpolate "},
      {"pixelshuffle", " pixelshuffle depthtospace "},
      {"reflection_pad", " reflectionpad1d reflectionpad2d "},
      {"leaky_relu", " leakyrelu lrelu "},
      {"log_softmax", " logsoftmax "},
      {"log", " ln "},
      {"silu", " swish "},
      {"where", " ifelse "},
      {"cross_entropy", " crossentropyloss categoricalcrossentropy sparsecategoricalcrossentropy nllloss "},
      {"binary_cross_entropy", " bce bceloss bcewithlogits bcewithlogitsloss binarycrossentropywithlogits "},
      {"mse", " mseloss meansquarederror l2loss "},
      {"l1", " l1loss mae meanabsoluteerror "},
      {"huber", " huberloss smoothl1loss "},
      {"he_normal", " kaimingnormal kaiming henormal "},
      {"he_uniform", " kaiminguniform heuniform "},
      {"glorot_normal", " xaviernormal glorotnormal "},
      {"glorot_uniform", " xavieruniform xavier glorot glorotuniform "},
      {"sgd", " gd gradientdescent "},
      {"optimistic_sgd", " ogd ogda omd optimisticgradientdescent optimisticmirrordescent "},
      {"optimistic_adam", " oadam "},
      {"schedule_free_sgd", " sgdschedulefree "},
      {"schedule_free_adamw", " adamwschedulefree schedulefree schedulefreeadam "},
      {"weight_decay", " l2 wd decay l2regularization "},
      {"clip_norm", " clipgradnorm clipbynorm clipbyglobalnorm clipnorm gradclip "},
      {"clip_value", " clipgradvalue clipbyvalue clipvalue "},
      {"clamp", " clip "},
      {"normal", " gauss gaussian randn randomnormal "},
      {"gaussian", " gauss normal "},
      {"truncated_normal", " truncnormal truncatednormal "},
      {"uniform", " rand random randomuniform "},
      {"categorical", " multinomial randint "},
      {"concat", " cat concatenate "},
      {"reshape", " view "},
      {"transpose", " permute "},
      {"expand_dims", " unsqueeze expanddims "},
      {"reverse", " flip "},
      {"gather", " indexselect take "},
      {"stop_gradient", " detach stopgradient "},
      {"grad", " gradient gradients autograd jacobian "},
      {"product", " prod "},
      {"sum", " reducesum "},
      {"mean", " reducemean "},
      {"norm", " l2norm "},
      {"variance", " var "},
      {"abs", " absolute fabs "},
      {"softmax", " softmax2d "},
      {"beta1", " momentum "},
      {"decay", " rho "},
      {"t", " step globalstep iter "},
      {"lr", " learningrate "},
      {"inf", " infinity "},
      {"kernel", " filtersize ksize "},
      {"channels", " filters "},
      {"units", " features outfeatures "},
      {"pad", " padding "},
      {"slope", " negativeslope alpha "},
      {"rate", " p droprate "},
      {"factor", " scale scalefactor "}};
  std::vector<std::string_view> found;
  std::string word = fmt::format(" {} ", plain(name));
  for (auto [own, foreign] : names)
    if (foreign.find(word) != std::string_view::npos)
      found.push_back(own);
  return found;
}

/// Ideas of other frameworks for which the language has no word, or another kind of one.
static std::string_view advice(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> words[] = {
      {" cosineannealing cosineannealinglr cosinedecay steplr lambdalr exponentialdecay exponentiallr lineardecay "
       "schedule scheduler lrscheduler warmup ",
       scheduleHelp},
      {" step globalstep iter ", "the arguments of an optimizer know `t`, the number of the player's update"},
      {" epoch epochs numepochs nepochs ",
       "training is counted in iterations: `train --steps N`; an optimizer's arguments know `t`, the number of the "
       "player's update"},
      {" fid kid inceptionscore frechetinceptiondistance ",
       "a metric is an expression of the model; `sample -o samples.npy` gives samples to such a tool"},
      {" ema movingaverage exponentialmovingaverage ",
       "a game declares the averaged copy of a network: `average G with ema(0.999)`"},
      {" amsgrad ", "it is an optimizer of its own: `amsgrad(lr = 1e-3)`"},
      {" pow power ", "powers are written `x^2`"},
      {" exp2 ", "write `2^x`"},
      {" log2 ", "write `log(x) / log(2)`"},
      {" log10 ", "write `log(x) / log(10)`"},
      {" log1p ", "write `log(1 + x)`, which is as accurate"},
      {" expm1 ", "write `exp(x) - 1`, which is as accurate"},
      {" logit ", "write `log(p) - log(1 - p)`"},
      {" tan ", "write `sin(x) / cos(x)`"},
      {" hardtanh ", "write `clamp(x, -1, 1)`"},
      {" relu6 ", "write `clamp(x, 0, 6)`"},
      {" hardsigmoid ", "write `clamp(x / 6 + 0.5, 0, 1)`"},
      {" hardswish hardsilu ", "write `x * clamp(x / 6 + 0.5, 0, 1)`"},
      {" softsign ", "write `x / (1 + abs(x))`"},
      {" logsigmoid ", "write `log(sigmoid(x))`"},
      {" laplace ", "with `u` and `v` uniform between 0 and 1, `log(1 - u) - log(1 - v)` is so distributed"},
      {" exponential ", "with `u` uniform between 0 and 1, `-log(1 - u)` is so distributed"},
      {" matmul mm bmm dotproduct einsum ", "products of matrices are written `a @ b`"},
      {" add subtract sub multiply mul divide div ", "arithmetic is written with `+ - * /`"},
      {" sequential ", "layers are applied in order with `|>`: `z |> dense(8) |> relu`"},
      {" backward zerograd optimizerstep ", "the compiler differentiates: a player `minimizes` its objective"}};
  std::string word = fmt::format(" {} ", plain(name));
  for (auto [names, help] : words)
    if (names.find(word) != std::string_view::npos)
      return help;
  return {};
}

/// Functions of other frameworks that the language has nothing for; a name near to theirs means something else.
static bool isWithoutCounterpart(std::string_view name) {
  static constexpr std::string_view names = " asin acos atan atan2 arcsin arccos arctan asinh acosh atanh sinh cosh ";
  return names.find(fmt::format(" {} ", plain(name))) != std::string_view::npos;
}

/// What stands in the place of an optimizer elsewhere, and is an argument of one here.
static std::string_view optimizerAdvice(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> words[] = {
      {" momentum heavyball polyak sgdm ", "momentum is an argument: `sgd(lr = 0.01, momentum = 0.9)`"},
      {" nesterov nag ", "it is an argument: `sgd(lr = 0.01, momentum = 0.9, nesterov = true)`"},
      {" cosine linear constant polynomial exponential ", scheduleHelp}};
  std::string word = fmt::format(" {} ", plain(name));
  for (auto [names, help] : words)
    if (names.find(word) != std::string_view::npos)
      return help;
  return {};
}

void Reporter::suggest(Diagnostic &diagnostic, std::string_view name, const std::vector<std::string> &candidates,
                       bool ofOptimizer) {
  if (!diagnostics.wantsSuggestions())
    return;
  // `nn.Conv2d`, `F.relu`, `jnp.sin`: without the module that it is of elsewhere.
  std::string_view whole = name;
  name = name.substr(name.rfind('.') + 1);
  auto isCandidate = [&](std::string_view own) {
    return std::find(candidates.begin(), candidates.end(), own) != candidates.end();
  };
  std::vector<std::string_view> own;
  if (name != whole)
    own.push_back(name);
  std::string_view help = ofOptimizer ? optimizerAdvice(name) : std::string_view();
  if (help.empty()) {
    std::vector<std::string_view> more = translations(name);
    own.insert(own.end(), more.begin(), more.end());
    for (std::string_view each : own)
      if (each != whole && isCandidate(each)) {
        diagnostic.help(fmt::format("did you mean `{}`?", each));
        return;
      }
    help = advice(name);
  }
  if (!help.empty()) {
    diagnostic.help(std::string(help));
    return;
  }
  if (isWithoutCounterpart(name))
    return;
  std::string nearest = syntax::nearestName(whole, candidates);
  if (nearest.empty() && name != whole)
    nearest = syntax::nearestName(name, candidates);
  // `kernel_size` is `kernel`, `out_channels` is `channels`.
  for (const std::string &candidate : candidates)
    if (nearest.empty() && candidate.size() >= 3 &&
        (name.starts_with(candidate + "_") || name.ends_with("_" + candidate) || name == candidate + "ding"))
      nearest = candidate;
  // `unit` is nearer to `units` than to `init`.
  for (const std::string &candidate : candidates)
    if (name.size() >= 3 && candidate.size() == name.size() + 1 && candidate.starts_with(name))
      nearest = candidate;
  if (!nearest.empty() && nearest != whole)
    diagnostic.help(fmt::format("did you mean `{}`?", nearest));
}

} // namespace agon::sema

# RUN: %python %s %t
"""Arguments and sizes without meaning or effect: each is one error at the
user's place, which names the layer and the reason. Switches that say "none",
and sizes that are just enough, compile."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)

# (inputs, expression, words of the message). The minibatch is 4, or what `@ n` says.
REFUSED = [
    # layers
    ("x: [3]", "x |> dense(0)", "`dense` expects `units >= 1`, got 0"),
    ("x: [3]", "x |> dense(-3)", "`dense` expects `units >= 1`, got -3"),
    ("x: [3]", "x |> dense(2.5)", "`dense` expects a whole number for `units`, got the number 2.5"),
    ("x: [3]", "x |> maxout(0, pieces = 2)", "`maxout` expects `units >= 1`"),
    ("x: [3]", "x |> maxout(4, pieces = 1)", "`maxout` takes the maximum of 2 pieces or more, got 1"),
    ("x: [3]", "x |> maxout(4, 0)", "`maxout` takes the maximum of 2 pieces or more, got 0"),
    ("y: class(3)", "embed(y, 0)", "`embed` expects `dim >= 1`, got 0"),
    ("x: [3]", "x |> dropout(1)", "`dropout` expects `rate >= 0 and rate < 1`, got 1"),
    ("x: [3]", "x |> dropout(-0.1)", "`dropout` expects `rate >= 0 and rate < 1`, got -0.1"),
    ("x: [3, 4, 4]", "x |> channel_dropout(1.5)", "`channel_dropout` expects `rate >= 0 and rate < 1`, got 1.5"),
    ("x: [3]", "x |> gaussian_noise(-1)", "`gaussian_noise` expects `std >= 0 and std < inf`, got -1"),
    ("x: [3, 4]", "x |> glu", "`glu` expects an even number of channels, got 3"),
    ("x: [3]", "x |> gaussian_noise(inf)", "`gaussian_noise` expects `std >= 0 and std < inf`, got inf"),
    ("x: [3]", "x |> highway(carry = inf)", "`highway` expects `carry > -inf and carry < inf`, got inf"),
    ("y: class(3)", "y |> dense(4)", "`dense` expects numbers for `x`, got a label, class(3)"),
    ("y: class(3)", "y |> dropout(0.1)", "help: `one_hot(y)` makes a vector of a label"),
    ("x: [3]", "embed(x, 2)", "`embed` expects a label, class(k), for `y`"),
    ("x: [3]", "x |> dense(3, init = 3)", "`init` of `dense`: expected a distribution after `~`"),
    ("x: [3]", "x |> gated(0)", "`gated` expects `units >= 1`, got 0"),
    # convolution
    ("x: [4, 8, 8]", "x |> conv(0, 3)", "`conv` expects `channels >= 1`, got 0"),
    ("x: [4, 8, 8]", "x |> conv(8, 0)", "`conv` expects a kernel of 1 or more, got 0"),
    ("x: [4, 8, 8]", "x |> conv(8, (3, -1))", "`conv` expects a kernel of 1 or more, got (3, -1)"),
    ("x: [4, 8, 8]", "x |> conv(8, (3, 3, 3))", "`kernel` is a number, or a list of one for each axis after the channels, 2 here"),
    ("x: [4, 8, 8]", "x |> conv(8, 3, groups = 3)", "divide its 4 channels and its 8 filters, got 3"),
    ("x: [4, 8, 8]", "x |> conv(6, 3, groups = 4)", "divide its 4 channels and its 6 filters, got 4"),
    ("x: [4, 8, 8]", "x |> conv(8, 3, groups = 0)", "`conv` expects groups"),
    ("x: [4, 8, 8]", "x |> conv(8, 3, stride = 0)", "`conv` expects a whole number from 1, or a list of such, for `stride`, got"),
    ("x: [4, 8, 8]", "x |> conv(8, 3, dilation = 0)", "`conv` expects a whole number from 1, or a list of such, for `dilation`, got"),
    ("x: [4, 8, 8]", "x |> conv(8, 3, pad = -1)", "`conv` expects a whole number from 0, or a list of numbers or (low, high) pairs, for `pad`, got"),
    ("x: [4]", "x |> conv(8, 3)", "`x` of `conv`: expected channels and pixels"),
    ("x: [4]", "x |> deconv(8, 3)", "`x` of `deconv`: expected channels and pixels"),
    ("x: [4]", "x |> separable_conv(8, 3)", "`separable_conv`: expected channels and pixels"),
    ("x: [4, 8, 2]", "x |> conv(8, 3)", "`conv`: a kernel of 3 does not fit into axis 2 of [4, 8, 2]"),
    ("x: [4, 8, 8]", "x |> deconv(-1, 3)", "`deconv` expects `channels >= 1`, got -1"),
    ("x: [4, 8, 8]", "x |> deconv(6, 3, groups = 4)", "`deconv` expects groups that divide its 4 channels"),
    ("x: [4, 8, 8]", "x |> separable_conv(0, 3)", "`separable_conv` expects `channels >= 1`, got 0"),
    ("x: [8]", "x |> maxpool(2)", "`maxpool` works along the axes after the channels, and [8] has none"),
    ("x: [8]", "x |> avgpool(2)", "`avgpool` works along the axes after the channels"),
    ("x: [3, 8, 8]", "x |> maxpool(0)", "`maxpool` expects a kernel of 1 or more, got 0"),
    ("x: [3, 8, 8]", "x |> maxpool(1)", "`maxpool` of single pixels changes nothing"),
    ("x: [3, 8, 8]", "x |> avgpool((1, 1), stride = 1)", "`avgpool` of single pixels changes nothing"),
    ("x: [3, 8, 8]", "x |> avgpool(1)", "help: a kernel of 2 or more"),
    ("x: [3, 8, 8]", "x |> maxpool(9)", "`maxpool` expects a kernel no larger than the image, [3, 8, 8], got 9"),
    ("x: [3, 8, 8]", "x |> avgpool((2, 9), stride = 1)", "`avgpool` expects a kernel no larger than the image, [3, 8, 8], got (2, 9)"),
    ("x: [3, 8, 8]", "x |> maxpool(9)", "help: a smaller kernel, a `pad`, or fewer poolings"),
    ("x: [3, 8, 8]", "x |> avgpool(2, stride = 0)", "`avgpool` expects a stride of 1 or more, got 0"),
    ("x: [3, 8, 8]", "x |> maxpool(2, pad = 2)", "`maxpool` expects a `pad` of 1 or less, half of its kernel, got 2"),
    ("x: [3, 8, 8]", "x |> maxpool(2, pad = -1)", "`maxpool` expects a `pad` of 0 or more, got -1"),
    ("x: [3, 8, 8]", "x |> maxpool((2, 2, 2))", "`kernel` is a number, or a list of one for each axis after the channels, 2 here"),
    ("x: [8]", "x |> global_avgpool", "`global_avgpool` works along the axes after the channels"),
    ("x: [8]", "x |> global_sumpool", "`global_sumpool` works along the axes after the channels"),
    # resampling
    ("x: [8]", "x |> upsample(2)", "`upsample` works along the axes after the channels"),
    ("x: [3, 8, 8]", "x |> upsample(0)", "`upsample` expects a factor of 2 or more, got 0"),
    ("x: [3, 8, 8]", "x |> upsample(1)", "`upsample` expects a factor of 2 or more, got 1"),
    ("x: [3, 8, 8]", 'x |> upsample(2, mode = "cubic")', "`upsample` expects the mode nearest or bilinear, got cubic"),
    ("x: [8]", "x |> resize(4)", "`resize` works along the axes after the channels"),
    ("x: [3, 8, 8]", "x |> resize((4, 0))", "`resize` expects sizes of 1 or more, got (4, 0)"),
    ("x: [3, 8, 8]", 'x |> resize(4, mode = "area")', "`resize` expects the mode nearest or bilinear, got area"),
    ("x: [8]", "x |> pixelshuffle(2)", "`pixelshuffle` works along the axes after the channels"),
    ("x: [6, 4, 4]", "x |> pixelshuffle(2)", "`pixelshuffle` by 2 expects a multiple of 4 channels, got 6"),
    ("x: [6, 4, 4]", "x |> pixelshuffle(0)", "`pixelshuffle` expects a factor of 2 or more, got 0"),
    ("x: [6, 5, 4]", "x |> pixelunshuffle(2)", "`pixelunshuffle` expects axes that are multiples of 2, got [5, 4]"),
    ("x: [6]", "x |> pixelunshuffle(2)", "`pixelunshuffle` works along the axes after the channels"),
    ("x: [8]", "x |> reflection_pad(1)", "`reflection_pad` works along the axes after the channels"),
    ("x: [3, 4, 4]", "x |> reflection_pad(4)", "`reflection_pad` expects margins narrower than the image, [4, 4], got 4"),
    ("x: [3, 4, 4]", "x |> reflection_pad(-1)", "`reflection_pad` expects margins of 0 or more, got -1"),
    ("x: [3, 4, 4]", "x |> replication_pad([(0, 1), (-1, 0)])", "`replication_pad` expects margins of 0 or more"),
    ("x: [8]", "x |> replication_pad(1)", "`replication_pad` works along the axes after the channels"),
    ("x: [8]", "x |> fir_filter", "`fir_filter` works along the axes after the channels"),
    ("x: [3, 8, 8]", "x |> fir_filter([1, -1])", "the taps of a FIR filter have a sum other than 0, got [1, -1]"),
    ("x: [3, 8, 8]", "x |> fir_filter([])", "the taps of a FIR filter have a sum other than 0, got []"),
    ("x: [3, 8, 8]", "x |> fir_filter([1])", "`fir_filter` of one tap mixes no pixels: got [1]"),
    ("x: [3, 8, 8]", "x |> fir_filter([1, inf])", "`fir_filter`: the taps of a FIR filter are finite, got [1, inf]"),
    ("x: [3, 8, 8]", "x |> fir_filter(gain = 0)", "`fir_filter`: the gain of a FIR filter is finite and not 0, got 0"),
    ("x: [3, 8, 8]", "x |> fir_upsample(4, taps = [1, 1])", "`fir_upsample` by 4 expects 4 taps or more"),
    ("x: [3, 8, 8]", "x |> fir_downsample(1)", "`fir_downsample` expects a factor of 2 or more, got 1"),
    # norms
    ("x: [8]", "x |> dense(6) |> batchnorm @ 1", "`batchnorm` of one value a channel is 0 whatever it is: [6] at batch 1"),
    ("x: [8, 1, 1]", "x |> batchnorm @ 1", "`batchnorm` of one value a channel"),
    ("x: [8]", "x |> batchnorm(momentum = 0)", "`batchnorm` expects `momentum > 0 and momentum <= 1`, got 0"),
    ("x: [8]", "x |> batchnorm(momentum = 1.1)", "`batchnorm` expects `momentum > 0 and momentum <= 1`, got 1.1"),
    ("x: [8]", "x |> batchnorm(eps = -1)", "`batchnorm` expects `eps >= 0 and eps < inf`, got -1"),
    ("x: [1]", "x |> layernorm", "`layernorm` of one element is 0 whatever it is"),
    ("x: [1, 1, 1]", "x |> layernorm", "`layernorm` of one element is 0 whatever it is"),
    ("x: [5]", "x |> layernorm(eps = -1e-5)", "`layernorm` expects `eps >= 0 and eps < inf`"),
    ("x: [4, 2, 2]", "x |> batchnorm(eps = inf)", "`batchnorm` expects `eps >= 0 and eps < inf`, got inf"),
    ("x: [4, 2, 2]", "x |> layernorm(eps = inf)", "`layernorm` expects `eps >= 0 and eps < inf`, got inf"),
    ("x: [4, 2, 2]", "x |> rownorm(eps = inf)", "`rownorm` expects `eps >= 0 and eps < inf`, got inf"),
    ("x: [4, 2, 2]", "x |> instancenorm(eps = inf)", "`instancenorm` expects `eps >= 0 and eps < inf`, got inf"),
    ("x: [4, 2, 2]", "x |> pixelnorm(eps = inf)", "`pixelnorm` expects `eps >= 0 and eps < inf`, got inf"),
    ("x: [4, 2, 2]", "x |> groupnorm(2, eps = inf)", "`groupnorm` expects `eps >= 0 and eps < inf`, got inf"),
    ("x: [4, 2, 2], w: [3]", "x |> adain(w, eps = inf)", "`adain` expects `eps >= 0 and eps < inf`, got inf"),
    ("x: [4, 2, 2], w: [3]", "x |> conditional_batchnorm(w, eps = inf)", "`conditional_batchnorm` expects `eps >= 0 and eps < inf`, got inf"),
    ("x: [5, 1]", "x |> rownorm", "`rownorm` needs a last axis of 2 elements or more, got [5, 1]"),
    ("x: [8, 1, 1]", "x |> instancenorm", "`instancenorm` over one pixel is 0 whatever it is: each channel of [8, 1, 1]"),
    ("x: [8]", "x |> instancenorm(affine = true)", "`instancenorm` over one pixel is 0"),
    ("x: [8, 8, 8]", "x |> patchgan(4, norm = instancenorm)", "`instancenorm` over one pixel is 0"),
    ("x: [8, 1, 1]", "x |> groupnorm(8)", "`groupnorm` of one element a group is 0 whatever it is: 8 groups of [8, 1, 1]"),
    ("x: [8, 2, 2]", "x |> groupnorm(3)", "`groupnorm` expects groups that divide its 8 channels, got 3"),
    ("x: [8, 2, 2]", "x |> groupnorm(0)", "`groupnorm` expects groups that divide its 8 channels, got 0"),
    ("x: [1, 4, 4]", "x |> pixelnorm", "`pixelnorm` of one channel leaves only its sign"),
    ("x: [6], y: class(3)", "x |> conditional_batchnorm(y) @ 1", "`batchnorm` of one value a channel"),
    ("x: [6], y: [2, 2]", "x |> conditional_batchnorm(y)", "`conditional_batchnorm` depends on a label or a vector"),
    ("x: [6, 1, 1], w: [5]", "x |> adain(w)", "`adain` over one pixel is the style whatever `x` is"),
    ("x: [6, 4, 4], w: [5, 4, 4]", "x |> adain(w)", "`adain` expects a style of 6 channels as x has, got [5, 4, 4]"),
    ("x: [6, 4, 4], w: [6, 1, 1]", "x |> adain(w)", "`adain` takes on the deviations of the style's channels"),
    # weights
    ("x: [3]", "x |> dense(2, init = zeros, weight = weight_norm)", "`weight_norm` of weights that start at zero"),
    ("y: class(3)", "embed(y, 2, weight = weight_norm, init = zeros)", "`weight_norm` of weights that start at zero"),
    ("x: [4, 3]", "x |> deconv(4, 2, groups = 2, init = zeros, weight = weight_norm)",
     "`weight_norm` of weights that start at zero"),
    ("x: [3, 2, 2], y: class(2)", "x |> conditional_batchnorm(y, weight = weight_norm)",
     "`weight_norm` of weights that start at zero"),
    ("x: [1]", "x |> dense(1, weight = spectral_norm)", "`spectral_norm` of one weight leaves only its sign"),
    # attention
    ("x: [8, 2, 2]", "x |> self_attention", "`self_attention` over [2, 2] pixels has one key"),
    ("x: [8, 1, 1]", "x |> self_attention", "`self_attention` over [1, 1] pixels has one key"),
    ("x: [8, 1, 1]", "x |> self_attention", "help: images of more pixels: keys are pooled by 2"),
    ("x: [8]", "x |> self_attention", "`self_attention` works along the axes after the channels"),
    ("x: [4, 8], k: [5, 6]", "attend(x, k, k)", "`attend` expects keys of the queries' length 8, got [5, 6]"),
    ("x: [4, 8], k: [5, 8]", "attend(x, k, x)", "`attend` expects a value for each key, got [4, 8] for [5, 8]"),
    ("x: [4, 8], k: [1, 8]", "attend(x, k, k)", "`attend` to one key gives its value whatever the query is"),
    ("x: [4, 8], k: [8]", "attend(x, k, k)", "`attend` expects rows of queries, keys and values"),
    ("x: [4, 8]", "x |> multi_head_attention(3)", "expects heads that divide the rows' length 8, got 3"),
    ("x: [4, 8]", "x |> multi_head_attention(0)", "expects heads that divide the rows' length 8, got 0"),
    ("x: [1, 8]", "x |> multi_head_attention(2)", "`multi_head_attention` to one row gives that row"),
    ("x: [4, 8], m: [8]", "multi_head_attention(x, 2, memory = m)", "expects a memory of rows, [t, n], got [8]"),
    ("x: [4, 8]", "x |> transformer_block(2, hidden = 0)", "`transformer_block` expects `hidden >= 1`, got 0"),
    # recurrent
    ("x: [4, 8]", "x |> lstm(0)", "a recurrent layer has a unit or more, got 0"),
    ("x: [4, 8]", "x |> gru(-2)", "a recurrent layer has a unit or more, got -2"),
    ("x: [4, 8]", "x |> rnn(0, init = zeros)", "`rnn` expects `units >= 1`, got 0"),
    # blocks, image models
    ("x: [8, 4, 4]", "x |> res_block(0)", "`res_block` expects `channels >= 1`, got 0"),
    ("x: [8, 1, 1]", "x |> res_block_down", "`res_block_down` halves each axis after the channels, and one of [8, 1, 1] is 1 long"),
    ("x: [8]", "x |> res_block_down", "`res_block_down`: expected channels and pixels"),
    ("x: [8, 4, 4], y: class(3)", "x |> res_block(y = y)", "`y` has no effect on `batchnorm`"),
    ("x: [8, 4, 4], y: class(3)", "x |> res_block_down(8, y = y)", "`y` has no effect on `identity`"),
    ("x: [8, 4, 4], w: [5]", "x |> res_block_up(8, norm = instancenorm, y = w)", "`y` has no effect on `instancenorm`"),
    ("x: [3, 12, 12]", "x |> unet(4, depth = 3)", "`unet` of depth 3 expects sizes that 8 divides, got [12, 12]"),
    ("x: [3, 8, 8]", "x |> unet(4, depth = 2, drop = 1)", "`unet` expects `drop >= 0 and drop < 1`, got 1"),
    ("x: [3, 8, 8]", "x |> unet(0, depth = 2)", "`unet` expects `channels >= 1 and depth >= 1 and out >= 1`"),
    ("x: [3, 10, 10]", "x |> resnet_generator(4)", "`resnet_generator` expects sizes of 8 or more that 4 divides"),
    ("x: [3, 16, 16]", "x |> patchgan(4, layers = 0)", "`patchgan` expects `base >= 1 and layers >= 1`"),
    # StyleGAN2
    ("x: [8]", "x |> equal_dense(0)", "`equal_dense` expects `units >= 1`, got 0"),
    ("x: [8]", "x |> equal_dense(4, lr_multiplier = 0)", "`equal_dense` expects `lr_multiplier > 0 and lr_multiplier < inf`, got 0"),
    ("x: [8]", "x |> scaled_leaky_relu(slope = inf)", "`scaled_leaky_relu`: `leaky_relu` expects `slope > -inf and slope < inf`, got inf"),
    ("x: [8, 4, 4]", "x |> equal_conv(4, 2)", "`equal_conv` expects an odd kernel, got 2"),
    ("z: [1]", "z |> mapping_network(2, 4)", "`pixelnorm` of one channel leaves only its sign"),
    ("z: [4]", "z |> mapping_network(0, 4)", "`mapping_network` expects `layers >= 1 and units >= 1`"),
    ("x: [8, 4, 4], w: [5]", "x |> modulated_conv(w, 4, 4)", "`modulated_conv` expects an odd kernel, got 4"),
    ("x: [8, 4, 4], w: [5]", "modulated_conv(x, w, 4, up = true, down = true)", "either doubles the size"),
    ("w: [5]", "w |> style_synthesis(12)", "`style_synthesis` expects a size that is a power of two from 8 on, got 12"),
    ("w: [5]", "w |> style_synthesis(4)", "`style_synthesis` expects a size that is a power of two from 8 on, got 4"),
    ("w: [5]", "w |> style_synthesis(16, base = 8)", "`style_synthesis` of 16 pixels expects a base of 16 or more"),
    # across the minibatch
    ("x: [8]", "x |> minibatch_stddev @ 1", "`minibatch_stddev` of one sample is 0 whatever it is"),
    ("x: [8]", "x |> minibatch_stddev(group = 1)", "`minibatch_stddev` of one sample is 0 whatever it is"),
    ("x: [8]", "x |> minibatch_stddev(3)", "`minibatch_stddev` expects a minibatch that its groups divide, got 4"),
    ("x: [8]", "x |> minibatch_discrimination(3, 2) @ 1", "`minibatch_discrimination` compares samples"),
    ("x: [8]", "x |> minibatch_discrimination(0, 2)", "`minibatch_discrimination` expects `kernels >= 1"),
    ("a: [8], b: [6]", "feature_matching(a, b)", "`feature_matching` compares values of one shape, got [8] and [6]"),
    ("a: [8], b: [6]", "mmd(a, b)", "`mmd` compares features of one length, got [8] and [6]"),
    ("a: [8], b: [8]", "mmd(a, b, widths = [])", "`mmd` expects widths above 0, got []"),
    ("a: [8], b: [8]", "mmd(a, b, widths = [1, 0])", "`mmd` expects widths above 0, got [1, 0]"),
    ("a: [8], b: [8]", "mmd(a, b, widths = [1, inf])", "`mmd` expects widths above 0, got [1, inf]"),
    ("h: [8], y: class(3)", "projection(y, h)", "`projection` expects numbers for `h`, got a label, class(3)"),
    ("h: [8]", "projection(h, 3)", "`projection` expects a label, class(k), for `y`, got the whole number 3"),
    ("h: [8]", "projection(h, 3)", "help: `data y: class(k)` is a label; `label(i, k)` makes one of a number"),
    # augmentations
    ("x: [3, 8, 8]", "x |> random_flip(1.5)", "`random_flip` expects `p >= 0 and p <= 1`, got 1.5"),
    ("x: [3, 8, 1]", "x |> random_flip", "`random_flip` does nothing to a last axis of one element"),
    ("x: [3, 8, 8]", "x |> random_brightness(-1)", "`random_brightness` expects `strength >= 0 and strength < inf`, got -1"),
    ("x: [1, 8, 8]", "x |> random_saturation", "`random_saturation` does nothing to one channel"),
    ("x: [1, 1, 1]", "x |> random_contrast", "`random_contrast` does nothing to one pixel"),
    ("x: [3, 3, 3]", "x |> random_translation", "`random_translation` by 0.125 of [3, 3] pixels moves nothing"),
    ("x: [8]", "x |> random_translation", "`random_translation` works along the axes after the channels"),
    ("x: [3, 8, 8]", "x |> random_translation(2)", "`random_translation` expects `ratio >= 0 and ratio <= 1`, got 2"),
    ("x: [3, 1, 1]", "x |> random_cutout", "`random_cutout` of one pixel leaves nothing"),
    ("x: [3, 8, 8]", "x |> random_cutout(0.01)", "`random_cutout` of 0.01 of [8, 8] pixels cuts nothing"),
    ("x: [3, 8, 8]", "x |> random_crop(9)", "`random_crop` expects a window no larger than the image"),
    ("x: [3, 8, 8]", "x |> random_crop(8)", "`random_crop` of 8 leaves an image of [8, 8] as it is"),
    ("x: [3, 8, 8]", "x |> random_crop(0)", "`random_crop` expects a window of 1 or more, got 0"),
    ("x: [3, 8, 8]", "x |> affine_sample([1, 0, 0], [0, 0])", "`affine_sample` expects 4 numbers `a` and 2 numbers `b`"),
    ("x: [3, 8, 8]", "x |> ada_augment(-0.5)", "`ada_augment` expects `p >= 0 and p <= 1`, got -0.5"),
    # losses
    ("x: [6], y: class(5)", "cross_entropy(x, y)", "`cross_entropy` expects a logit for each of the 5 classes, got logits of shape [6]"),
    ("x: [1], y: class(2)", "cross_entropy(x, y)", "help: `binary_cross_entropy(logit, float(y))` takes one logit"),
    ("x: [1], y: class(1)", "cross_entropy(x, y)", "`cross_entropy` of one class is 0 whatever the logit is"),
    ("x: [6], y: [5]", "cross_entropy(x, y)", "`cross_entropy` expects probabilities of the logits' shape, [6], got [5]"),
    ("x: [6]", "cross_entropy(x, 3)", "`cross_entropy` expects a label or a vector of probabilities, got 3"),
    ("x: [6], y: class(6)", "cross_entropy(y, x)", "`cross_entropy` expects logits, got a label in their place"),
    ("x: [6], y: class(5)", "log_prob_categorical(y, x)", "`log_prob_categorical` expects a logit for each of the 5"),
    ("x: [1], y: class(2)", "binary_cross_entropy(x, y)", "expects a number from 0 to 1, got a label"),
    ("x: [1]", "binary_cross_entropy(x, 2)", "`binary_cross_entropy` expects `t >= 0 and t <= 1`, got 2"),
    ("x: [3], t: [2]", "binary_cross_entropy(x, t)", "expects a target of the logit's shape [3], got [2]"),
    ("a: [3], b: [4]", "mse(a, b)", "`mse` compares values of one shape, got [3] and [4]"),
    ("a: [3, 4, 4], b: [4, 4]", "l1(a, b)", "`l1` compares values of one shape, got [3, 4, 4] and [4, 4]"),
    ("a: [3], b: [1]", "huber(a, b)", "`huber` compares values of one shape, got [3] and [1]"),
    ("a: [3], b: [3]", "huber(a, b, delta = 0)", "`huber` expects `delta > 0 and delta < inf`, got 0"),
    ("a: [3], b: [2]", "lsgan.discriminator(a, b)", "`lsgan.discriminator` expects outputs of one shape"),
    ("a: [3], b: [2]", "relativistic(a, b)", "`relativistic` compares values of one shape, got [3] and [2]"),
    ("a: [3], b: [2]", "relativistic_average(a, b)", "`relativistic_average` compares values of one shape"),
    ("x: [3]", "gradient_penalty(sum(x^2), x, target = -1)", "`gradient_penalty` expects `target >= 0 and target < inf`, got -1"),
    ("x: [3]", "r1(x, x)", "`y` of `r1`: a derivative is of one number per sample, got shape [3]"),
    ("x: [3]", "gradient_penalty(x, x)", "`y` of `gradient_penalty`: a derivative is of one number per sample, got shape [3]"),
    ("x: [3]", "r1(sum(x), 3)", "`x` of `r1`: a derivative is with respect to a tensor, got the whole number 3"),
    ("x: [3], w: [2]", "r1(sum(x), w)", "`r1`: the derivative is zero"),
    ("x: [3, 4], w: [2]", "path_length(x, w)", "`path_length`: the derivative is zero"),
    ("y: class(3)", "mse(y, y)", "`mse` expects numbers for `a`, got a label, class(3)"),
    ("x: [3], y: class(3)", "l1(x, y)", "`l1` expects numbers for `b`, got a label, class(3)"),
    ("y: class(3)", "hinge(y)", "`hinge` expects numbers for `v`, got a label, class(3)"),
    ("x: [3]", "total_variation(x)", "`total_variation` works along the axes after the channels"),
    ("x: [3, 1, 4]", "total_variation(x)", "`total_variation` compares neighbours, and an axis of [1, 4] has one pixel"),
    ("a: [3], b: [4]", "gaussian_kl(a, b)", "`gaussian_kl` expects a variance for each mean, got [4] for [3]"),
    ("a: [3], b: [4]", "cosine(a, b)", "`cosine` compares vectors of one shape, got [3] and [4]"),
    ("a: [1], b: [1]", "cosine(a, b)", "`cosine` compares vectors by the angle between them; of single numbers it is their sign"),
    ("a: [3], b: [3]", "info_nce(a, b, tau = 0)", "`info_nce` expects `tau > 0 and tau < inf`, got 0"),
    ("a: [3], b: [3]", "info_nce(a, b) @ 1", "`info_nce` tells a sample's partner from others"),
    # activations
    ("x: [1]", "x |> softmax", "`softmax` of one element is 1 whatever it is: got [1]"),
    ("x: [4, 1]", "x |> log_softmax", "`log_softmax` of one element is 0 whatever it is: got [4, 1]"),
    ("x: [1]", "x |> softmax", "help: `sigmoid` makes a probability of one number"),
    ("x: [1]", "x |> logsumexp", "`logsumexp` of one element is that element: got [1]"),
    ("y: class(3)", "norm(y)", "`norm` expects numbers for `x`, got a label, class(3)"),
    ("y: class(3)", "relu(y)", "`relu` expects numbers for `x`, got a label, class(3)"),
    ("y: class(3)", "softmax(y)", "`softmax` expects numbers for `x`, got a label, class(3)"),
    ("x: [4]", "x |> leaky_relu(inf)", "`leaky_relu` expects `slope > -inf and slope < inf`, got inf"),
    ("x: [4]", "x |> elu(alpha = -inf)", "`elu` expects `alpha > -inf and alpha < inf`, got -inf"),
    ("x: [4]", "clamp(x, -inf, inf)", "`clamp` between -inf and inf changes nothing"),
    ("x: [4]", "x |> leaky_relu(1)", "`leaky_relu` with a slope of 1 changes nothing"),
    ("x: [4]", "clamp(x, 1, -1)", "`clamp` expects `lo < hi`, got lo = 1, hi = -1"),
    ("x: [4, 1]", "argmax(x)", "`argmax` needs a last axis of 2 elements or more, got [4, 1]"),
    ("x: [4, 1]", "variance(x, axis = 1)", "the `variance` of one element is 0: got [4, 1]"),
    ("x: [4]", "batch_var(x) @ 1", "the `batch_var` of a minibatch of one sample is 0"),
    ("a: [4], b: [5]", "dot(a, b)", "`dot` expects vectors of one shape, got [4] and [5]"),
    # draws
    ("a: [4], b: [5]", "reparameterise(a, b)", "`reparameterise` expects a variance for each mean, got [5] for [4]"),
    ("x: [4]", "x |> gumbel_softmax(tau = 0)", "`gumbel_softmax` expects `tau > 0 and tau < inf`, got 0"),
    ("x: [1]", "x |> gumbel_softmax", "`gumbel_softmax` of one class is 1 whatever its logit is: got [1]"),
    ("x: [1]", "float(sample_categorical(x))", "`sample_categorical` needs a last axis of 2 elements or more, got [1]"),
    ("x: [4]", "log_prob_normal(x, std = 0)", "`log_prob_normal` expects `std > 0 and std < inf`, got 0"),
    ("x: [4], m: [5]", "log_prob_normal(x, mean = m)", "`log_prob_normal` compares values of one shape, got [4] and [5]"),
    ("x: [4], h: [5]", "log_prob_bernoulli(x, h)", "`log_prob_bernoulli` expects a logit for each element of [4], got [5]"),
    ("x: [4], r: [3]", "score_function(x, r)", "`score_function` expects a reward for each draw, got [3] for [4]"),
    # tensors
    ("x: [4, 3]", "x |> slice(axis = 2, first = 0, last = 1)", "`slice` expects an axis of [4, 3], got 2"),
    ("x: [4, 3]", "x |> move_axis(0, -3)", "`move_axis` expects an axis of [4, 3], got -3"),
    ("x: [4, 3]", "x |> expand_dims(4)", "`expand_dims` expects a place among the axes of [4, 3], got 4"),
    ("x: [4]", "x |> repeat_vector(0)", "`repeat_vector` expects `n >= 1`, got 0"),
    ("x: [4, 3]", "x |> map_axes([eye(3), eye(3)])", "`map_axes` expects at most 1 matrices for [4, 3], got 2"),
    ("x: [4]", "x @ eye(0)", "`eye` expects `n >= 1`, got 0"),
    ("x: [4]", "x * linspace(0, 1, 0)", "`linspace` expects `n >= 1`, got 0"),
    ("x: [4, 1]", "diff(x)", "`diff` needs a last axis of 2 elements or more, got [4, 1]"),
    ("x: [4]", "topk(x, 5)", "`topk` expects `k >= 1 and k <= n`, got k = 5, n = 4"),
    ("x: [4]", "topk_mask(x, 0)", "`topk_mask` expects `k >= 1 and k <= n`, got k = 0, n = 4"),
    ("x: [4, 1]", "topk(x, 1)", "`topk` needs a last axis of 2 elements or more, got [4, 1]"),
    ("x: [4, 1]", "topk_mask(x, 1)", "`topk_mask` needs a last axis of 2 elements or more, got [4, 1]"),
    ("x: [4, 1]", "topk_index(x, 1)", "`topk_index` needs a last axis of 2 elements or more, got [4, 1]"),
    ("x: [4, 1]", "sort(x)", "`sort` needs a last axis of 2 elements or more, got [4, 1]"),
    ("x: [4, 1]", "ranks(x)", "`ranks` needs a last axis of 2 elements or more, got [4, 1]"),
    ("x: [4, 1]", "cumprod(x)", "`cumprod` needs a last axis of 2 elements or more, got [4, 1]"),
    ("x: [4, 1]", "sort(x)", "help: `move_axis(x, i, -1)` makes another axis the last"),
    ("x: [4]", "x * draw(normal(0, inf), [4])", "`normal` expects finite numbers for `s`, got the number inf"),
    ("x: [4]", "x * draw(uniform(-inf, inf), [4])", "`uniform` expects finite numbers for `a`, got the number -inf"),
    ("x: []", "sort(x)", "`sort` works along the last axis, and one number has none"),
    # sources
    ("", "data x: [2] ~ ring(modes = 0)", "`ring` expects `modes >= 1`, got 0"),
    ("", "data x: [2] ~ ring(modes = 0)", "help: `ring(modes = 8)` has 8 normals on its circle"),
    ("", "data x: [2] ~ ring(std = inf)", "`ring` expects `std >= 0 and std < inf`, got inf"),
    ("", "noise x: [2] ~ normal(0, inf)", "`normal` expects finite numbers for `s`, got the number inf"),
    ("", "data x: [2] ~ ring(modes = 2.5)", "`ring` expects a whole number for `modes`, got the number 2.5"),
    ("", "data x: [2] ~ ring(radius = 0)", "`ring` expects `radius > 0 and radius < inf`, got 0"),
    ("", "data x: [2] ~ ring(std = -1)", "`ring` expects `std >= 0 and std < inf`, got -1"),
    ("", "data x: [2] ~ grid(side = 0)", "`grid` expects `side >= 1`, got 0"),
    ("", "data x: [2] ~ grid(step = 0)", "`grid` expects `step > 0 and step < inf`, got 0"),
    ("", "data x: [1] ~ gaussian(std = -0.5)", "`gaussian` expects `std >= 0 and std < inf`, got -0.5"),
    ("", "data x: [1] ~ gaussian(mean = [])", "`gaussian` expects a number or a point for `mean`, got []"),
    ("", "data x: [1] ~ mixture([])", "`mixture` expects a list of points, got []"),
    ("", "data x: [1] ~ mixture(3)", "`mixture` expects a list of points, got 3"),
    ("", "data x: [1] ~ mixture([1, 2])", "`mixture` expects points such as [0, 1], got 1"),
    ("", "data x: [2] ~ mixture([[1, 2], [3]])", "`mixture` expects points of one length, got [1, 2] and [3]"),
    ("", "data x: [2] ~ swiss_roll(std = -1)", "`swiss_roll` expects `std >= 0 and std < inf`, got -1"),
    ("", "data x: [2] ~ two_moons(std = -1)", "`two_moons` expects `std >= 0 and std < inf`, got -1"),
    ("", "data x: [2] ~ circles(inner = 2, outer = 1)", "`circles` expects `inner >= 0 and outer > inner and outer < inf`, got inner = 2"),
    ("", "data x: [2] ~ checkerboard(scale = 0)", "`checkerboard` expects `scale > 0 and scale < inf`, got 0"),
]

# What says "none" is a switch, and what is just enough is enough.
ACCEPTED = [
    ("x: [3]", "x |> dropout(0) |> gaussian_noise(0)"),
    ("x: [3]", "clamp(clamp(x, 0, inf), -inf, 3)"),
    ("x: [3]", "topk(x, 3)"),
    ("x: [3]", "x |> dropout(mean(sigmoid(x)))"),
    ("x: [3, 8, 8]", "x |> random_brightness(0) |> random_saturation(0) |> random_contrast(0) |> random_flip(0)"),
    ("x: [3, 8, 8]", "x |> random_translation(0) |> random_cutout(0) |> random_crop(8, width = 1)"),
    ("x: [3, 8, 8]", "x |> reflection_pad(0) |> replication_pad(0) |> resize(8)"),
    ("x: [3, 1, 8]", "x |> resize((4, 1), mode = bilinear)"),
    ("x: [3, 8, 8]", "x |> instancenorm |> batchnorm @ 1"),
    ("x: [3, 8, 8]", "x |> resnet_generator(4, blocks = 1) @ 1"),
    ("x: [3, 16, 16]", "x |> unet(4, depth = 4, norm = instancenorm, drop = 0) @ 1"),
    ("x: [3, 2, 1]", "x |> instancenorm |> groupnorm(3) |> layernorm"),
    ("x: [1, 8, 8]", "x |> diff_augment"),
    ("x: [8, 4, 2]", "x |> self_attention"),
    ("x: [8, 1, 4]", "x |> self_attention"),
    ("x: [4, 8, 8]", "x |> maxpool(1, stride = 2) |> avgpool((2, 1))"),
    ("x: [4, 1, 1]", "x |> global_avgpool"),
    ("x: [8]", "x |> minibatch_stddev(2) @ 2"),
    ("x: [1]", "binary_cross_entropy(x, 1) + mse(x, 0) + relativistic(x, 0)"),
    ("x: [8, 4, 4], y: class(3)", "x |> res_block(norm = conditional_batchnorm, y = y)"),
    ("x: [1, 8]", "x |> lstm(1)"),
    ("", "data x: [2] ~ ring(modes = 1, std = 0)"),
]


def program(inputs, expression):
    expression, _, batch = expression.partition(" @ ") if " @ " in expression and expression[-1].isdigit() else (
        expression, "", "")
    head = f"const batch = {batch or 4}\n"
    if not inputs:
        size = expression[expression.index("[") + 1]
        return head + (f"network D(x: [{size}]) -> [1] = x |> dense(1)\ngame g {{\n  {expression}\n"
                       "  player D minimizes E[D(x)^2] with sgd(lr = 0.1)\n}\n")
    return head + f"network N({inputs}) -> [] {{\n  param scale: [] = 1\n  return scale * mean({expression})\n}}\n"


def compiled(number, inputs, expression):
    path = os.path.join(scratch, f"case{number}.agon")
    with open(path, "w", encoding="utf-8") as file:
        file.write(program(inputs, expression))
    result = subprocess.run(["agonc", path, "--check"], capture_output=True, text=True)
    return path, result.returncode, result.stderr


def refused(number):
    inputs, expression, words = REFUSED[number]
    path, code, text = compiled(number, inputs, expression)
    # One error, with a place in the program itself.
    right = code == 65 and words in text and text.count("error:") == 1 and f"--> {path}:" in text.split("note:")[0]
    return None if right else f"{inputs} {expression}\n  expected {words}\n  exit code {code}: {text}"


def accepted(number):
    inputs, expression = ACCEPTED[number]
    _, code, text = compiled(len(REFUSED) + number, inputs, expression)
    return None if code == 0 else f"{inputs} {expression}\n  exit code {code}: {text}"


with ThreadPoolExecutor(os.cpu_count()) as pool:
    failures = [f for f in pool.map(refused, range(len(REFUSED))) if f]
    failures += [f for f in pool.map(accepted, range(len(ACCEPTED))) if f]
if failures:
    sys.exit("\n".join(failures) + f"\n{len(failures)} checks fail")
print(len(REFUSED), "are refused,", len(ACCEPTED), "accepted")

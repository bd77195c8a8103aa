// The lessons in English.

const pictures = (n: number) => (n === 1 ? "1 picture" : `${n} pictures`);

/** The words of the lessons. */
export const en = {
  title: "How a picture comes out of noise",
  lead: "Stable Diffusion learns one thing: to see how much of a picture is noise. All else follows from asking it again and again. On this page a small model runs in your browser. Every picture is computed while you read, so change what you like.",
  contents: "Chapters",
  formula: "In symbols",
  practice:
    "This copy of the page has no trained model: the one that runs here has random weights. All computations are real, but the pictures are textures.",
  model: {
    idle: "The model is not loaded yet.",
    loading: (received: string, total: string) => `Loading the model: ${received} of ${total} MB`,
    starting: "Starting the model …",
    ready: (device: string) => `Runs on your ${device}`,
    devices: { webgpu: "graphics card (WebGPU)", wasm: "processor (WebAssembly)", cpu: "processor" },
    kept: "kept in this browser for the next visit",
    again: "Try again",
    waits: "This figure comes alive when the model is there.",
    busy: "Computing …",
  },
  subject: {
    title: "What shall it draw?",
    hint: "The figures below draw this. Any words will do; the model knows emoji-like things best.",
    draw: "Draw this",
    noise: "Other noise",
    seed: (seed: number) => `Noise number ${seed}`,
    examples: ["a red fox, 3d glossy", "pizza, soft round blob", "🐼, flat", "sunflower, outlined"],
  },
  source: {
    label: "Which picture",
    hazelnut: "The hazelnut",
    made: "What the model drew",
    own: "Your own …",
  },
  chapters: {
    forward: {
      title: "Forward: a picture drowns in noise",
      lead: "Take a picture and mix in a little Gaussian noise. Do it a thousand times, and nothing of the picture is left. Nothing needs to be learned for this direction, and there is a shortcut: any time t can be reached in one step, because a sum of Gaussians is a Gaussian.",
      time: "Time t",
      schedule: "Noise schedule",
      schedules: {
        linear: "linear",
        scaledLinear: "scaled linear",
        cosine: "cosine",
        zeroTerminal: "zero terminal SNR",
      },
      about: {
        linear:
          "DDPM's: made for pixels. Its last third is nearly pure noise, and small pictures learn little from it.",
        scaledLinear:
          "Stable Diffusion's: √β grows evenly. At the end a trace of the picture is left, so the model never sees pure noise in training, though it starts from it later.",
        cosine: "Slow at both ends: the signal falls almost evenly in between.",
        zeroTerminal:
          "Scaled linear, stretched so that t = 999 is noise and nothing else. Noisette’s own small model is trained this way.",
      },
      show: "Curve",
      alphaBar: "ᾱ: how much of the picture is left",
      snr: "signal-to-noise ratio (logarithm)",
      pixels: "noise on the pixels",
      latents: "noise on the latents, decoded",
      caption:
        "Left, what the formula does to pixels. Right, what Stable Diffusion does: it adds the noise to the latent, which is shown decoded.",
      readout: (t: number, alphaBar: string, signal: string, noise: string) =>
        `t = ${t}: ᾱ = ${alphaBar}, so x is ${signal} of the picture and ${noise} of the noise`,
      chart: "The schedules over time",
      explain: "x₀ is the picture, ε the noise. The network is shown xₜ and t, and learns to say what ε was.",
    },
    reverse: {
      title: "Reverse: step by step out of it",
      lead: "Now the other way. We begin with noise alone and ask the network: what is noise here? Its answer gives a first guess of the picture, a blurred mean of all that it could be. We go a small step towards it and ask again. Drag through the steps.",
      step: "Step",
      play: "Play",
      pause: "Pause",
      of: (step: number, steps: number) => `step ${step} of ${steps}`,
      x: "what there is",
      denoised: "guessed picture",
      noise: "guessed noise",
      velocity: "velocity",
      own: "this is what the network says",
      derived: "follows from it",
      decoded: "decoded",
      channels: "channels of the latent",
      caption:
        "Top row: decoded. Bottom row: the latents themselves, one small field for each channel, orange above zero, blue below. The guess x̂₀ is whole from the first step on; it only becomes sharper.",
      film: "The guess at every step",
      explain:
        "x̂₀, ε̂ and v̂ say the same thing in three ways: with xₜ, each can be computed from any other. Then DDIM goes on to the next noise level s with the same ε̂.",
    },
    latent: {
      title: "The latent: where all this happens",
      lead: "The noise is not on pixels. An autoencoder first presses the picture into a latent: fewer numbers, each of which stands for a small patch. Diffusion works there, which is what makes it affordable. Whatever the autoencoder loses, no diffusion brings back.",
      original: "picture",
      reconstruction: "decoded latent",
      edited: "decoded, after your changes",
      psnr: (value: string) => `PSNR ${value} dB`,
      numbers: (pixels: number, latents: number, ratio: string) =>
        `${pixels} numbers become ${latents}: ${ratio} times fewer`,
      tool: "A touch does this to a place of the latent",
      erase: "erase it",
      noise: "make it noise",
      clear: "Undo all",
      board: "Places of the latent",
      place: (row: number, column: number) => `row ${row}, column ${column}`,
      caption:
        "Touch places on the picture in the middle. One place of the latent is mostly one patch of the picture, but its neighbours look at it too.",
      explain:
        "The encoder gives a mean and a variance for each number; the mean is shown. PSNR compares decoded and original pixels: above 30 dB the eye finds little.",
    },
    attention: {
      title: "The prompt: where each word looks",
      lead: "How do words get in? In each block, every place of the latent asks: which words matter to me? The answer is a weight for every word, and the place takes up what these words say. Point at a word to see where it was listened to.",
      words: "Words",
      all: "the picture",
      heat: (word: string) => `Where “${word}” was looked at`,
      caption:
        "Mean over all layers, heads and steps; light is much. The sum over all tokens, the invisible ones at the start and end included, is 1 at every place.",
      none: "The prompt has no words.",
      explain: "Q comes from the latent, K and V from the text encoder's states of the tokens.",
    },
    samplers: {
      title: "DDPM beside DDIM: how to step",
      lead: "The same network can be asked in different ways. DDPM, the first method, goes back towards the picture and then adds fresh noise at every step. DDIM adds none: the noise you began with decides everything. Each column asks the network equally often.",
      ddpm: "fresh noise at each step",
      ddim: "no noise after the first",
      evaluations: (n: number) => (n === 1 ? "1 step" : `${n} steps`),
      caption:
        "DDIM keeps to one picture and only refines it from column to column. DDPM needs more steps before its noise turns into detail, and arrives elsewhere each time.",
      explain:
        "η turns one into the other: with η = 0 the last term is gone (DDIM), with η = 1 it has DDPM's variance.",
    },
    guidance: {
      title: "Guidance: how hard to listen",
      lead: "The network answers twice: once with the prompt, once without it. The difference points to what the prompt wants. Classifier-free guidance goes further that way than the network itself would.",
      scale: "Guidance scale w",
      readings: {
        zero: "The prompt is not heard at all.",
        one: "What the network itself says, with the prompt.",
        some: "Further in the prompt's direction: clearer, less varied.",
        much: "Far beyond: colours burn out, shapes harden.",
      },
      caption: "The same noise at every scale.",
      explain:
        "w = 0 is the answer without the prompt, w = 1 the answer with it, and above 1 both are needed: each step costs two evaluations.",
    },
    interpolation: {
      title: "Between two pictures",
      lead: "Prompts become vectors, and noise is a point on a sphere. Both can be mixed. Half-way between two prompts lies a condition that no words name, and half-way between two noises another noise as good as they are.",
      from: "From",
      to: "To",
      what: "What changes",
      prompt: "the prompt",
      seed: "the noise",
      both: "both",
      amount: "Between",
      play: "Play",
      pause: "Pause",
      frame: (n: number, of: number) => `${pictures(n)} of ${of}`,
      defaults: { from: "a red fox, 3d glossy", to: "🐼, flat" },
      caption:
        "Prompts are mixed in a straight line, noise along the great circle: the mean of two noises would be too quiet to be noise.",
      explain: "θ is the angle between the two noises, in hundreds of dimensions almost always near 90°.",
    },
  },
  closing:
    "That is all of it. The rest is size: the same five ideas with a thousand times the weights make the pictures you know.",
};

/** What every language has. */
export type LearnText = typeof en;

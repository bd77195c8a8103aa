// Whose art and words the sticker set holds, and on what terms: the text that goes with the set and with weights trained
// on it.

/** The set's NOTICE. */
export const stickerNotice = `Pictures
  Noto Emoji (c) Google LLC, Apache License 2.0 (https://www.apache.org/licenses/LICENSE-2.0),
    https://github.com/googlefonts/noto-emoji (styles "noto" and, in its first version, "blob").
  Fluent Emoji (c) Microsoft Corporation, MIT License (below), https://github.com/microsoft/fluentui-emoji
    (styles "fluent-3d", through @lobehub/fluent-emoji-3d, "fluent-flat" and "fluent-mono").
  Twemoji (c) Twitter, Inc. and other contributors, CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/),
    https://github.com/jdecked/twemoji (style "twemoji").
  EmojiTwo, https://github.com/EmojiTwo/emojitwo, originally released as EmojiOne 2.2 by Ranks.com with contributions
    by the EmojiTwo community, CC BY 4.0 (style "emojitwo").
  FxEmoji (c) 2015 Mozilla Foundation, visual design CC BY 4.0, https://github.com/mozilla/fxemoji (style "fxemoji").
  Streamline Emojis by Streamline (Webalys), CC BY 4.0, https://github.com/webalys-hq/streamline-vectors
    (style "streamline").
  Changes: rasterised, resized, recoloured, combined; used to train a model. No endorsement is implied.
  Icon packaging: Iconify (@iconify-json/*).

Names and keywords
  Unicode CLDR (c) 1991-2026 Unicode, Inc., Unicode License v3 (below), via emojibase-data (c) 2017-2019 Miles Johnson,
  MIT License (below); emojilib (c) 2014 Mu-An Chiou, MIT License (below).

MIT License

  Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
  documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
  rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
  persons to whom the Software is furnished to do so, subject to the following conditions:

  The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
  Software.

  THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
  WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
  COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
  OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

Unicode License v3

  Permission is hereby granted, free of charge, to any person obtaining a copy of data files and any associated
  documentation (the "Data Files") or software and any associated documentation (the "Software") to deal in the Data
  Files or Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
  distribute, and/or sell copies of the Data Files or Software, and to permit persons to whom the Data Files or Software
  are furnished to do so, provided that either (a) this copyright and permission notice appear with all copies of the
  Data Files or Software, or (b) this copyright and permission notice appear in associated Documentation.

  THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
  LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF THIRD PARTY
  RIGHTS.

  IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE BE LIABLE FOR ANY CLAIM, OR ANY SPECIAL
  INDIRECT OR CONSEQUENTIAL DAMAGES, OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN
  AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
  PERFORMANCE OF THE DATA FILES OR SOFTWARE.

  Except as contained in this notice, the name of a copyright holder shall not be used in advertising or otherwise to
  promote the sale, use or other dealings in these Data Files or Software without prior written authorization of the
  copyright holder.
`;
